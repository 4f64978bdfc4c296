"""How a finding is put to people: as a question that names a harmless explanation first.

Finding code -> (English, Chinese); the fields in braces come from the finding.
"""

from __future__ import annotations

from typing import Final

__all__ = ["QUESTIONS"]

QUESTIONS: Final = {
    "sum-differs": (
        """\
Seat {seat} states {stated} for {bid}, but its scores add up to {computed}. An entry changed after \
adding would explain it; which figure is meant?""",
        """\
{seat} 席对 {bid} 写明合计 {stated}，各项相加为 {computed}。\
可能是加总后又改了某项；以哪个数为准？""",
    ),
    "out-of-range": (
        """\
Seat {seat} has {value} for criterion {criterion} of {bid}, where 0.00 to {maximum} in steps of \
{step} is possible. A typing error would explain it; what is meant?""",
        """\
{seat} 席对 {bid} 第 {criterion} 项打了 {value}，本项为 0.00 至 {maximum}，步长 {step}。\
可能是输入错误；应为多少？""",
    ),
    "objective-differs": (
        """\
Objective criterion {criterion} of {bid} was scored differently: {given}. A document that one \
seat has not seen would explain it; what do the files show?""",
        """\
{bid} 的客观项第 {criterion} 项各席打分不一致：{given}。\
可能有席位没有看到某份材料；文件里是怎样的？""",
    ),
    "outlying-high": (
        """\
Seat {seat} gave {bid} {total}, {percent} % above the mean {others} of the other seats. A \
different but reasoned judgement is no error; does the score stand?""",
        """\
{seat} 席对 {bid} 打了 {total}，比其余席位平均 {others} 高 {percent}%。\
有理由的不同判断不是错误；是否维持？""",
    ),
    "outlying-low": (
        """\
Seat {seat} gave {bid} {total}, {percent} % below the mean {others} of the other seats. A \
different but reasoned judgement is no error; does the score stand?""",
        """\
{seat} 席对 {bid} 打了 {total}，比其余席位平均 {others} 低 {percent}%。\
有理由的不同判断不是错误；是否维持？""",
    ),
}
