"""A record bundle, read: its description, its checkpoint, its streams and its files.

    bundle.json          {"v","type","tender","origin","vkey","index":{...},"files":{name: sha256}}
    checkpoint           the signed checkpoint all events are proven against
    events/<stream>      one canonical JSON line an entry, in order of seq
    proof                the multiproof: 32-byte hashes, one after the other
    files/<upload>       sealed stages, papers and documents

Source: docs/spec/bundle.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidhall.cases import case_of
from bidhall.cases.case import Event, instant
from bidhall.verification.archive import Archive, ArchiveError
from crypto import canonical, merkle, records
from crypto.errors import CryptoError

__all__ = ["BUNDLE_TYPE", "Bundle", "Entry", "read_bundle"]

BUNDLE_TYPE = "bidhall/bundle/v1"
_MEMBERS = frozenset({"v", "type", "tender", "origin", "vkey", "files"})
_HEX32 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream: its place in the record, and the event, or only its leaf if withheld."""

    stream: str
    seq: int
    index: int
    leaf: bytes
    event: Event | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle; files are read when they are checked."""

    archive: Archive
    tender: str
    origin: str
    vkey: str
    files: Mapping[str, str]
    checkpoint: str
    streams: Mapping[str, tuple[Entry, ...]]
    proof: tuple[bytes, ...]

    def events(self, prefix: str) -> list[Event]:
        """List the disclosed events of the stream with this prefix, ``ten`` or ``registry``."""
        return [
            one.event
            for stream, entries in self.streams.items() if stream.split("-", 1)[0] == prefix
            for one in entries if one.event is not None
        ]  # fmt: skip

    def state(self, prefix: str) -> Any:
        """Build the state of that stream from its disclosed events."""
        events = self.events(prefix)
        stream = events[0].stream if events else prefix
        case = case_of(stream)
        state = case.initial(stream)
        for event in events:
            state = case.evolve(state, event)
        return state

    def pieces(self, upload: str) -> Iterator[bytes]:
        """Give the bytes of a file of the bundle."""
        return self.archive.pieces(f"files/{upload}")

    def has(self, upload: str) -> bool:
        """Tell whether the bundle carries this file."""
        return f"files/{upload}" in self.files


def read_bundle(path: Path) -> Bundle:
    """Read everything but the files.

    Raises:
        ArchiveError: it cannot be read as a bundle.
    """
    archive = Archive(path)
    try:
        about = canonical.decode(archive.read("bundle.json"))
        if not isinstance(about, Mapping) or set(about) != _MEMBERS:
            raise ArchiveError("bundle.json has not the members of a record bundle")
        if about["v"] != 1 or isinstance(about["v"], bool) or about["type"] != BUNDLE_TYPE:
            message = f"bundle type {about['type']!a} version {about['v']} is not known here"
            raise ArchiveError(message)
        streams = {
            name.removeprefix("events/"): tuple(_entries(name, archive.read(name)))
            for name in archive.entries if name.startswith("events/")
        }  # fmt: skip
        raw = archive.read("proof")
        if len(raw) % merkle.HASH_SIZE:
            raise ArchiveError("proof is not a row of 32-byte hashes")
        return Bundle(
            archive, str(about["tender"]), str(about["origin"]), str(about["vkey"]),
            dict(about["files"]), archive.read("checkpoint").decode(), streams,
            tuple(raw[at : at + 32] for at in range(0, len(raw), 32)),
        )  # fmt: skip
    except (CryptoError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        message = f"the bundle cannot be read: {error}"
        raise ArchiveError(message) from error


def _entries(name: str, raw: bytes) -> Iterator[Entry]:
    stream = name.removeprefix("events/")
    if raw and not raw.endswith(b"\n"):
        message = f"{name} does not end with a line's end"
        raise ArchiveError(message)
    for line in raw.split(b"\n")[:-1]:
        form = canonical.decode(line)
        if not isinstance(form, Mapping):
            message = f"{name} holds a line that is not an object"
            raise ArchiveError(message)
        if set(form) == {"index", "seq", "leaf"}:
            leaf = _hash(name, form["leaf"])
            yield Entry(stream, _count(name, form["seq"]), _count(name, form["index"]), leaf, None)
            continue
        if set(form) != {"index", "salt", "event"}:
            message = f"{name} holds an entry with other members than index, salt and event"
            raise ArchiveError(message)
        event = form["event"]
        leaf = records.leaf_data(_hash(name, form["salt"]), event)
        yield Entry(stream, event["seq"], _count(name, form["index"]), leaf, _event(event))


def _hash(name: str, text: object) -> bytes:
    # One spelling only: capitals or spaces would be changes that nobody could find.
    if not isinstance(text, str) or not _HEX32.fullmatch(text):
        message = f"{name} holds a salt or leaf that is not 32 bytes in lower-case hex"
        raise ArchiveError(message)
    return bytes.fromhex(text)


def _count(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"{name} holds a place that is not a whole number"
        raise ArchiveError(message)
    return value


def _event(form: Mapping[str, Any]) -> Event:
    return Event(
        form["stream"], form["seq"], instant(form["at"]), form["kind"], form["actor"],
        form["command"], form["body"], form.get("signed"),
    )  # fmt: skip


def digest_of(pieces: Iterator[bytes]) -> str:
    """Hash a file piece by piece, hex."""
    hasher = hashlib.sha256()
    for piece in pieces:
        hasher.update(piece)
    return hasher.hexdigest()
