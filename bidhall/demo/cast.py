"""Who plays in the demonstration. Names are invented; counties are those of Dali prefecture."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BIDDERS", "CAST", "CUSTODIANS", "EXPERTS", "Organisation", "Role"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the play; ``body`` is its USCC without the check character."""

    key: str
    body: str
    name: str
    name_en: str
    county: str
    kind: str


@dataclass(frozen=True, slots=True)
class Role:
    """A person of the play; ``key`` is the account name."""

    key: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    county: str = "532900"
    speciality: str = ""


ORGANISATIONS = (
    Organisation("centre", "12532900MB0A0001", "大理州公共资源交易中心",
                 "Dali Prefecture Public Resource Trading Centre", "532900", "centre"),
    Organisation("housing", "11532901MB0A0002", "大理市住房和城乡建设局",
                 "Dali City Housing and Construction Bureau", "532901", "tenderee"),
    Organisation("supervision", "11532900MB0A0003", "大理州招标投标监督办公室",
                 "Dali Prefecture Tender Supervision Office", "532900", "supervisor"),
    Organisation("notary", "12532900MB0A0004", "大理州苍洱公证处",
                 "Cang'er Notary Office", "532900", "custodian"),
    Organisation("xiangyun", "12532923MB0A0005", "祥云县公共资源交易中心",
                 "Xiangyun County Trading Centre", "532923", "custodian"),
    Organisation("canger", "91532901MA6K3T80", "苍洱建工集团有限公司",
                 "Cang'er Construction Group", "532901", "bidder"),
    Organisation("lancang", "91530100MA6P1W70", "云南澜沧市政工程有限公司",
                 "Yunnan Lancang Municipal Works", "532901", "bidder"),
    Organisation("dianxi", "91532900709812R0", "滇西路桥建设有限公司",
                 "West Yunnan Road and Bridge", "532923", "bidder"),
    Organisation("erhai", "91532930MA6NHK50", "洱源弥苴水利工程有限公司",
                 "Eryuan Miju Hydraulic Works", "532930", "bidder"),
    Organisation("yeyu", "91532901MA7A2C90", "云南叶榆环境工程有限公司",
                 "Yunnan Yeyu Environmental Works", "532901", "bidder"),
)  # fmt: skip

BIDDERS = ("canger", "lancang", "dianxi", "erhai", "yeyu")
CUSTODIANS = ("custodian1", "custodian2", "custodian3", "custodian4", "custodian5")
_COUNTIES = ("532901", "532923", "532932")
EXPERTS = tuple(f"expert{number:02}" for number in range(1, 25))
_SURNAMES = "李王张杨赵段何陈周董高尹寸苏施洪罗马刘黄徐孙胡朱"

CAST = (
    Role("host", "赵苍山", "centre", ("host",)),
    Role("host2", "段洱海", "centre", ("host",)),
    Role("centre", "杨中心", "centre", ("centre",)),
    Role("tenderee", "李住建", "housing", ("tenderee",)),
    Role("supervisor", "何监督", "supervision", ("supervisor",)),
    Role("custodian1", "王保管", "centre", ("custodian",)),
    Role("custodian2", "李保管", "housing", ("custodian",)),
    Role("custodian3", "何保管", "supervision", ("custodian",)),
    Role("custodian4", "公保管", "notary", ("custodian",)),
    Role("custodian5", "祥保管", "xiangyun", ("custodian",), "532923"),
    *(Role(key, f"{key}投标员", key, ("bidder",)) for key in BIDDERS),
    *(
        Role(key, f"{_SURNAMES[place]}专家", "centre", ("expert",),
             _COUNTIES[place % 3], "A08" if place % 2 else "A02")
        for place, key in enumerate(EXPERTS)
    ),
)  # fmt: skip
