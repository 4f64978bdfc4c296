"""``docs/spec/uploads.md`` says what the program does."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from bidhall.files import errors, tus
from bidhall.files.uploads import GIB, FileLimits
from bidhall.files.writing import CHECKPOINT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/spec/uploads.md").read_text()


def kinds() -> list[type[errors.FilesError]]:
    """Give all errors of the files."""
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, errors.FilesError)]


def status(kind: type[errors.FilesError]) -> int:
    """Give the HTTP status of an error, as the table says."""
    return next(status for one, status in tus.STATUSES if issubclass(kind, one))


def test_every_error_is_in_the_table_with_its_status() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    expected = {kind.default_code: str(status(kind)) for kind in kinds()}
    expected["bad-file-name"] = str(status(errors.HeaderInvalidError))
    assert rows == expected


def test_the_limits_are_the_ones_written() -> None:
    limits = FileLimits()
    assert f"may have {limits.file // GIB} GiB and the {limits.overhead >> 20} MiB" in PAGE
    assert f"{limits.uploads} uploads and {limits.under_way // GIB} GiB" in PAGE
    assert f"{limits.hours} hours" in PAGE
    assert f"every {CHECKPOINT >> 20} MiB" in PAGE
    assert f"silent for {tus.PATIENCE:g} s" in PAGE


def test_the_example_is_true() -> None:
    digest = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    assert f"Upload-Checksum: sha256 {digest}" in PAGE
    assert f"Repr-Digest: sha-256=:{digest}:" in PAGE
    assert base64.b64decode("YS5iaGU=") == b"a.bhe"
