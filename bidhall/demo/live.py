"""``bidhall run``: a hall with a demonstration tender under way, that a visitor can join in any role.

Robots play whoever the visitor does not: before each act a robot asks the hall whether its person
is signed in on a page as well, and if so leaves the act to the visitor and waits for its effect.
Custodians are always played: their shares lie in the robots' key stores.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from bidhall.cases.opening import OPENED_STAGES
from bidhall.client.custodian import CustodianClient
from bidhall.client.errors import ClientError, HallRefusedError
from bidhall.client.room import RoomMember
from bidhall.custody.checks import ReleaseRefusedError
from bidhall.demo import scenes
from bidhall.demo.cast import BIDDERS, CAST, EXPERTS
from bidhall.demo.committee import score, sign_report, until_convened
from bidhall.demo.documents import write_pdf
from bidhall.demo.players import Credentials, Player, Troupe, latest, spectator
from bidhall.demo.seed import seed_cast
from bidhall.demo.terms import TERMS
from bidhall.running import Running, on_signals, run_hall
from bidhall.settings import Settings, load_settings

__all__ = ["run_live"]

_OPEN_FOR = 300.0
_BREATH = 6.0
_LATE_BIDDING = 120.0
_CUSTODIANS = ("custodian1", "custodian3", "custodian4")
_VISITORS_BIDDER = "canger"
_SHOWN = ("host", "tenderee", "supervisor", "centre", "custodian1", "canger")
_log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[Any]]


async def run_live(settings: Settings) -> None:
    """Run the hall until told to stop, with the demonstration under way."""
    stop = asyncio.Event()
    on_signals(stop.set)
    async with run_hall(settings) as running:
        _say(f"竞标厅 Bidhall: {running.address}")
        credentials = await seed_cast(running.settings)
        _introduce(credentials, running.settings.data)
        robots = asyncio.create_task(_robots(running, credentials), name="robots")
        await stop.wait()
        robots.cancel()
        with suppress(asyncio.CancelledError):
            await robots


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _code_command(data: Path) -> str:
    elsewhere = "" if data == load_settings({}).data else f"BIDHALL_DATA={data} "
    return f"{elsewhere}.venv/bin/bidhall code ACCOUNT"


def _introduce(credentials: Mapping[str, Credentials], data: Path) -> None:
    names = {one.key: one for one in CAST}
    _say(f"\nSign in in any role / 以任一角色登录（验证码 code: {_code_command(data)}）")
    for key in _SHOWN:
        one = credentials[key]
        role = "、".join(names[key].roles)
        _say(f"  {role:<12} account {one.account:<12} password {one.password}")
    _say("  expert       the drawn ones are named here after the draw / 抽取后在此显示")
    _say(
        "A role you sign in to is yours until you sign out. 您登录的角色由您来做，退出后由机器人接着做。\n"
    )


async def _robots(running: Running, credentials: Mapping[str, Credentials]) -> None:
    troupe = Troupe(running.address, credentials)
    try:
        await Director(running, troupe, credentials).direct()
    except asyncio.CancelledError:
        raise
    except Exception:  # noqa: BLE001 - the hall stays, for the visitor to look at
        _log.exception("the robots stopped playing; the hall goes on")
    finally:
        await troupe.dismiss()


class Director:
    """Leads the robots through one tender."""

    def __init__(
        self, running: Running, troupe: Troupe, credentials: Mapping[str, Credentials]
    ) -> None:
        """Direct ``troupe`` in the running hall."""
        self._running, self._troupe, self._credentials = running, troupe, credentials
        self._files = running.settings.data / "demonstration"

    async def direct(self) -> None:
        """Play one tender from the ceremony to the report."""
        lots = [one["lot"] for one in TERMS["lots"]]
        files = await asyncio.to_thread(scenes.write_files, self._files / "files", lots)
        document = self._files / "files" / "tender.pdf"
        await asyncio.to_thread(
            write_pdf,
            document,
            title="招标文件",
            bidder="大理市住房和城乡建设局",
            lot="",
            size=200_000,
        )
        ceremony = await scenes.hold_ceremony(self._troupe, _say)
        tender = await scenes.publish_tender(
            self._troupe, ceremony, document, _say, seconds=_OPEN_FOR
        )
        base, tail = self._running.address, tender.split("-", 1)[1]
        _say(f"  tender   {base}/tenders/{tender}\n  opening  {base}/opening/{tender}")
        await self._bid(tender, files)
        async with spectator(base, tender) as room:
            await room.until(lambda one: one.find("TenderClosed"), seconds=_OPEN_FOR + 60)
        await self._open(tender, f"ope-{tail}")
        await self._evaluate(tender, f"eva-{tail}")

    async def _visited(self, key: str) -> bool:
        """Tell whether a visitor has this role: its person is signed in on a page, as no robot is."""
        player = await self._troupe.call(key)
        me = await player.visitor.request("GET", "/api/me")
        return int(me["pages"]) > 0

    async def _act(self, key: str, done: Callable[[], bool], act: Act) -> None:
        """Let the robot act, unless a visitor has the role: then wait for the visitor's act."""
        await asyncio.sleep(_BREATH)
        while not done():
            if key in _CUSTODIANS or not await self._visited(key):
                try:
                    await act()
                except HallRefusedError as error:
                    if error.code == "second-factor-needed":
                        await (await self._troupe.call(key)).refresh()
                except (ReleaseRefusedError, ClientError) as error:
                    _log.info("a robot tries again", role=key, reason=str(error))
                else:
                    return
            await asyncio.sleep(1)

    async def _bid(self, tender: str, files: dict[tuple[str, str], Any]) -> None:
        """Let the others bid at once, and the role that is offered to a visitor late."""
        for key in (*(one for one in BIDDERS if one != _VISITORS_BIDDER), _VISITORS_BIDDER):
            if key == _VISITORS_BIDDER:
                await asyncio.sleep(max(0.0, _OPEN_FOR - _LATE_BIDDING))
            if await self._visited(key):
                continue
            mine = {place: path for place, path in files.items() if place[0] == key}
            await scenes.hand_in_all(self._troupe, tender, key, mine, self._files / "sealed", _say)

    async def _open(self, tender: str, stream: str) -> None:
        host = await self._troupe.call("host")
        await until_convened(host, stream)
        async with spectator(self._running.address, stream) as room:
            await room.until(lambda one: one.find("OpeningConvened"))
            send = host.visitor.command
            await self._act(
                "host", lambda: bool(room.find("ChairTaken")), lambda: send(stream, "TakeChair")
            )
            for key in _CUSTODIANS:
                await self._act(
                    key,
                    lambda: len(room.find("KeyRecovered")) == len(OPENED_STAGES),
                    self._release(key, tender),
                )
            await room.until(lambda one: one.find("DecryptionCompleted"), seconds=3600)
            await self._act(
                "host",
                lambda: bool(room.find("BidsAnnounced")),
                lambda: send(stream, "AnnounceBids"),
            )
            await room.until(lambda one: one.find("BidsAnnounced"), seconds=3600)
            await self._confirm(room, stream)
            end = {"remark": ""}
            await self._act(
                "host", lambda: bool(room.find("OpeningEnded")),
                lambda: send(stream, "EndOpening", end, signed=True),
            )  # fmt: skip
            await room.until(lambda one: one.find("OpeningRecordFiled"), seconds=3600)

    def _release(self, key: str, tender: str) -> Act:
        async def release() -> None:
            player = await self._troupe.call(key)
            await CustodianClient(player.visitor, player.store, say=lambda _: None).release(tender)

        return release

    async def _confirm(self, room: RoomMember, stream: str) -> None:
        owners = {}
        for key in BIDDERS:
            owners[(await self._troupe.call(key)).visitor.person["organisation"]] = key
        for one in latest(room, "BidsAnnounced")["bids"]:
            key = owners[one["bidder"]]
            if "form" in one and not await self._visited(key):
                player = await self._troupe.call(key)
                with suppress(HallRefusedError):
                    await player.visitor.command(
                        stream, "ConfirmBid", {"bid": one["bid"]}, signed=True
                    )

    async def _evaluate(self, tender: str, stream: str) -> None:
        host = await self._troupe.call("host")
        await until_convened(host, stream)
        room = await host.room(stream)
        await self._act(
            "host", lambda: bool(room.find("RosterCommitted")), self._commit(host, stream)
        )
        await room.until(lambda one: one.find("RosterCommitted"), seconds=3600)
        for key in _CUSTODIANS:
            await self._act(
                key, lambda: bool(room.find("DrawMade")), self._release_lot(key, tender)
            )
        await room.until(lambda one: one.find("DrawMade"), seconds=3600)
        experts = await self._drawn(stream)
        _say(f"  evaluation {self._running.address}/evaluation/{tender}")
        for key in experts:
            one = self._credentials[key]
            _say(f"  expert       account {one.account:<12} password {one.password}")
        await asyncio.gather(*(self._sit(key, stream) for key in experts))

    def _commit(self, host: Player, stream: str) -> Act:
        async def commit() -> None:
            await host.refresh()
            await host.visitor.command(stream, "CommitRoster")

        return commit

    def _release_lot(self, key: str, tender: str) -> Act:
        async def release() -> None:
            player = await self._troupe.call(key)
            client = CustodianClient(player.visitor, player.store, say=lambda _: None)
            await client.release_lot(tender)

        return release

    async def _drawn(self, stream: str) -> list[str]:
        found = []
        for key in EXPERTS:
            player = await self._troupe.call(key)
            with suppress(HallRefusedError):
                await player.visitor.case(stream)
                found.append(key)
        return found

    async def _sit(self, key: str, stream: str) -> None:
        player = await self._troupe.call(key)
        await player.refresh()
        room = await player.room(stream)
        place = EXPERTS.index(key)
        seat = int(room.audience.split(":")[1])

        def signed_in() -> bool:
            return seat in {one["seat"] for one in room.find("PledgeSigned")}

        async def sit() -> None:
            await room.command("SignIn")
            await room.command("SignPledge", signed=True)

        await self._act(key, signed_in, sit)
        await room.until(lambda one: one.find("ScoringStarted"), seconds=36000)
        lots = room.find("ScoringStarted")[0]["lots"]

        def locked() -> bool:
            mine = [one for one in room.find("SheetLocked") if one["seat"] == seat]
            return len(mine) == len(lots)

        await self._act(key, locked, lambda: score(room, place))
        await room.until(lambda one: len(one.find("LotRanked")) == len(lots), seconds=36000)

        def signed() -> bool:
            return seat in {one["seat"] for one in room.find("ReportSigned")}

        await self._act(key, signed, lambda: sign_report(room))
