#!/usr/bin/env python3
"""Lay out the fonts: WOFF2 for pages, TTF for papers, both from the npm package named below.

For maintainers; needs npm, and fontTools with brotli in the Python that runs it:
``python web/fonts/fonts.py`` from the root of the repository. The archive is checked against its hash.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont  # type: ignore[import-not-found,import-untyped,unused-ignore] # maintainers only

HERE: Final = Path(__file__).resolve().parent
PACKAGE: Final = "@fontsource/noto-sans-sc@5.3.0"
INTEGRITY: Final = "sha512-HeqIlGm0+ohOKxZLuHj1qW6r6avHH0OWdKERAcSDI0RQ+MXrteuLKA+M+5eOA8rYy0MFvOR5AT0fQo2rUkye0Q=="
WEIGHTS: Final = {400: "Regular", 700: "Bold"}
FAMILY: Final = "Noto Sans SC"


def main() -> None:
    """Fetch the package and write the fonts."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, PACKAGE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != INTEGRITY:
            sys.exit(f"{PACKAGE} has changed: sha512-{digest}")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        package = Path(folder) / "package"
        for weight, style in WEIGHTS.items():
            lay_out(
                package / "files" / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff2", style
            )
        (HERE / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())


def lay_out(source: Path, style: str) -> None:
    """Write one weight in both forms, under the names by which pages and papers ask for it."""
    font = TTFont(source)
    # Every weight of the package calls itself Thin: a paper would not find its bold.
    for number, text in {
        1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}",
        6: f"NotoSansSC-{style}", 16: None, 17: None, 25: None,
    }.items():  # fmt: skip
        font["name"].removeNames(nameID=number)
        if text is not None:
            font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = {"Regular": 400, "Bold": 700}[style]
    for flavor, suffix in (("woff2", "woff2"), (None, "ttf")):
        font.flavor = flavor
        font.save(HERE / f"NotoSansSC-{style}.{suffix}", reorderTables=False)


if __name__ == "__main__":
    main()
