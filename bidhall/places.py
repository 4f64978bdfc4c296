"""Where the files that are not code lie: beside the packages in a checkout, inside them in a wheel."""

from __future__ import annotations

from pathlib import Path

__all__ = ["fonts_folder", "web_folder"]

_HERE = Path(__file__).resolve().parent


def web_folder() -> Path:
    """Find the pages and scripts the browser gets."""
    packaged = _HERE / "_web"
    return packaged if packaged.is_dir() else _HERE.parent / "web"


def fonts_folder() -> Path:
    """Find the fonts, for the browser and for papers alike."""
    return web_folder() / "fonts"
