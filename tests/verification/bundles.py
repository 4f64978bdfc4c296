"""Taking a record bundle apart and putting it together again, as an attacker of growing means would.

``packed``     the files in a well-formed archive; bundle.json still describes the old ones
``described``  and bundle.json describes the changed files: whoever holds only the bundle can do that
``resigned``   and the events are a new log under the hall's own key: only the hall itself can do that
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.verification.archive import Archive, ArchiveError, ArchiveWriter
from bidhall.verification.verify import CHECKS, Pins, verify
from crypto import canonical, merkle, multiproof, notes, records

__all__ = ["Files", "Found", "Lines", "described", "entries", "judge", "packed", "resigned"]

Files = dict[str, bytes]
Lines = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Found:
    """What ``bidhall verify`` would say: its exit status, the check that failed, the reason."""

    status: int
    check: str
    reason: str

    @property
    def convincing(self) -> bool:
        """Tell whether it is a refusal that says where and why."""
        named = self.check in {*CHECKS, "receipt", "pinned-key"} if self.status == 1 else True
        return self.status in {1, 2} and named and len(self.reason) > 8


def entries(path: Path) -> Files:
    """Read all files of a bundle."""
    archive = Archive(path)
    return {name: archive.read(name) for name in archive.entries}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Write an archive of these files."""
    out = io.BytesIO()
    writer = ArchiveWriter(out)
    for name in sorted(files):
        writer.add(name, files[name])
    writer.close()
    return out.getvalue()


def described(files: Mapping[str, bytes]) -> bytes:
    """Write an archive whose bundle.json has the hashes of these very files."""
    about = json.loads(files["bundle.json"])
    about["files"] = {
        name: hashlib.sha256(one).hexdigest()
        for name, one in files.items()
        if name != "bundle.json"
    }
    return packed({**files, "bundle.json": canonical.encode(about)})


def lines_of(files: Mapping[str, bytes]) -> Lines:
    """Read the event files."""
    return {
        name.removeprefix("events/"): [json.loads(line) for line in raw.splitlines()]
        for name, raw in files.items()
        if name.startswith("events/")
    }


def written(lines: Lines) -> Files:
    """Write the event files."""
    return {
        f"events/{stream}": b"".join(_spelled(one) + b"\n" for one in part)
        for stream, part in lines.items()
    }


def resigned(files: Files, key: Ed25519PrivateKey, edit: Callable[[Lines], None]) -> bytes:
    """Let the hall rewrite its record: edit the events, renumber, build a new log and sign it."""
    lines = lines_of(files)
    edit(lines)
    for part in lines.values():
        _renumber(part)
    leaves = _placed(lines)
    kept = {
        name: one
        for name, one in files.items()
        if not name.startswith("events/") and (not name.startswith("files/") or _named(name, lines))
    }
    root = multiproof.root_from(dict(enumerate(leaves)), len(leaves), ())
    origin = json.loads(files["bundle.json"])["origin"]
    note = notes.sign_checkpoint(notes.Checkpoint(origin, len(leaves), root), origin, key)
    return described({**kept, **written(lines), "checkpoint": note.encode(), "proof": b""})


def _named(name: str, lines: Lines) -> bool:
    """Tell whether an event still names a file; the hall throws the others away."""
    upload = name.removeprefix("files/").encode()
    return any(upload in _spelled(one) for part in lines.values() for one in part)


def _spelled(value: object) -> bytes:
    """Write canonical JSON fast: our events have ASCII names and no floats."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _renumber(part: list[dict[str, Any]]) -> None:
    """Close gaps: a hall that leaves an event out numbers the rest as if it had never been."""
    for seq, one in enumerate(part, 1):
        (one.get("event", one))["seq"] = seq


def _placed(lines: Lines) -> list[bytes]:
    leaves: list[bytes] = []
    for part in lines.values():
        for one in part:
            one["index"] = len(leaves)
            if "event" in one:
                data = records.leaf_data(bytes.fromhex(one["salt"]), _spelled(one["event"]))
            else:
                data = bytes.fromhex(one["leaf"])
            leaves.append(merkle.leaf_hash(data))
    return leaves


def judge(data: bytes, folder: Path, *receipts: Path) -> Found:
    """Verify a bundle given as bytes, as the command would."""
    path = folder / "mutant.zip"
    path.write_bytes(data)
    try:
        verdict = verify(path, Pins(receipts=receipts))
    except ArchiveError as error:
        return Found(2, "", str(error))
    if verdict.passed:
        return Found(0, "", "")
    failure = verdict.failure
    return Found(1, failure.name if failure else "", failure.reason if failure else "")
