"""Typst, as a function from data to PDF bytes.

Text reaches the template as data, never as source, so nothing a bidder wrote is executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst

from bidhall.errors import BidhallError
from bidhall.places import fonts_folder

__all__ = ["PaperError", "press"]

_TEMPLATES = Path(__file__).parent / "templates"


class PaperError(BidhallError):
    """A paper could not be set; the message says at which template."""


def press(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """Set ``template`` with ``data`` as PDF/A-2b, dated ``at``.

    A name with a character the font lacks must never block an opening: PDF/A refuses it, and the
    same paper is then set as plain PDF, which shows a box in its place.

    Raises:
        PaperError: the template does not compile at all.
    """
    try:
        return _compile(template, data, at, "a-2b")
    except typst.TypstError:
        try:
            return _compile(template, data, at, None)
        except typst.TypstError as error:
            message = f"the paper {template} cannot be set: {error}"
            raise PaperError(message) from error


def _compile(
    template: str, data: Mapping[str, Any], at: datetime, standard: Literal["a-2b"] | None
) -> bytes:
    return typst.compile(
        _TEMPLATES / f"{template}.typ",
        root=_TEMPLATES,
        font_paths=[fonts_folder()],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=standard,
        timestamp=int(at.timestamp()),
    )
