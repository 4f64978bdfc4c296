"""Real PDF files for the demonstration, of any size from some kilobytes up."""

from __future__ import annotations

import os
from pathlib import Path

import typst

from bidhall.places import fonts_folder

__all__ = ["write_pdf"]

_SOURCE = """
#set page(paper: "a4", margin: 25mm)
#set text(font: "Noto Sans SC", size: 11pt, lang: "zh")
#set par(leading: 0.9em, first-line-indent: 2em)
#align(center)[#text(size: 20pt, weight: "bold")[#sys.inputs.title]]
#align(center)[#sys.inputs.bidder · #sys.inputs.lot]
= 施工总体部署
#for step in range(1, 5) [
  第 #step 阶段：进场准备、测量放线、沟槽开挖与支护、管道安装、闭水试验、回填与路面恢复。村落内巷道宽度多在
  1.8 至 3.2 米之间，采用人工配合微型挖掘机分段开挖，每段不超过 12 米，当日开挖、当日回填。

]
= 质量与安全
#table(columns: 4, [区段], [长度（米）], [埋深（米）], [方式],
  [K0+000–K1+460], [1 460], [1.2–2.6], [支护], [K1+460–K4+120], [2 660], [0.9–1.5], [放坡])
#if sys.inputs.annex != "" { pdf.attach("annex.bin", read(sys.inputs.annex, encoding: none)) }
"""


def write_pdf(path: Path, *, title: str, bidder: str, lot: str, size: int) -> None:
    """Write a PDF of some ``size`` bytes; an incompressible annex inside it makes up the weight."""
    folder = path.parent
    source, annex = folder / f".{path.stem}.typ", folder / f".{path.stem}.bin"
    source.write_text(_SOURCE)
    annex.write_bytes(os.urandom(max(0, size - 40_000)))
    try:
        typst.compile(
            source, output=path, root=folder, font_paths=[fonts_folder()], ignore_system_fonts=True,
            sys_inputs={"title": title, "bidder": bidder, "lot": lot, "annex": annex.name},
        )  # fmt: skip
    finally:
        source.unlink()
        annex.unlink()
