"""The container of a record bundle: a ZIP file of the plainest kind, in exactly one spelling.

Every entry is stored (no compression), names ascend, times and attributes are fixed, there are
no extra fields and no comments. Any ZIP program opens it; this reader accepts no other spelling,
so that a changed byte outside the files is found as well as one inside. Source: docs/spec/bundle.md.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bidhall.errors import BidhallError

__all__ = ["Archive", "ArchiveError", "ArchiveWriter"]

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UTF8, _STORED, _TIME, _DATE = 20, 0x0800, 0, 0, 0x21
_MAX = 0xFFFFFFFF
_MAX_ENTRIES = 0xFFFF
_PIECE = 1 << 20


class ArchiveError(BidhallError):
    """The file is not a record bundle, or not in its one spelling; the message says where."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    crc: int
    size: int
    at: int

    def local(self) -> bytes:
        raw = self.name.encode()
        return _LOCAL.pack(b"PK\x03\x04", _VERSION, _UTF8, _STORED, _TIME, _DATE, self.crc,
                           self.size, self.size, len(raw), 0) + raw  # fmt: skip

    def central(self) -> bytes:
        raw = self.name.encode()
        return _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, _UTF8, _STORED, _TIME, _DATE,
                             self.crc, self.size, self.size, len(raw), 0, 0, 0, 0, 0,
                             self.at) + raw  # fmt: skip


class ArchiveWriter:
    """Writes entries in ascending order of name; ``close`` ends the file."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to ``out``, which must be seekable and empty."""
        self._out = out
        self._entries: list[_Entry] = []

    def add(self, name: str, pieces: Iterator[bytes] | bytes) -> None:
        """Add one file, from bytes or from pieces, in constant memory.

        Raises:
            ArchiveError: the name is out of order, or the bundle would pass 4 GiB.
        """
        if self._entries and name <= self._entries[-1].name:
            message = f"entry {name!a} is out of order"
            raise ArchiveError(message)
        at = self._out.tell()
        self._out.write(_Entry(name, 0, 0, at).local())
        crc = size = 0
        for piece in [pieces] if isinstance(pieces, bytes) else pieces:
            self._out.write(piece)
            crc, size = zlib.crc32(piece, crc), size + len(piece)
        if self._out.tell() > _MAX or len(self._entries) >= _MAX_ENTRIES:
            message = "the bundle passes 4 GiB; export it without files"
            raise ArchiveError(message)
        entry = _Entry(name, crc, size, at)
        self._out.seek(at)
        self._out.write(entry.local())
        self._out.seek(0, 2)
        self._entries.append(entry)

    def close(self) -> None:
        """Write the directory at the end."""
        start = self._out.tell()
        for entry in self._entries:
            self._out.write(entry.central())
        size, count = self._out.tell() - start, len(self._entries)
        self._out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0))


class Archive:
    """An opened bundle file; reading an entry checks its sum."""

    def __init__(self, path: Path) -> None:
        """Read and check the directory.

        Raises:
            ArchiveError: not a bundle, cut short, or spelled differently.
        """
        self._path = path
        self.entries: Mapping[str, _Entry] = self._directory()

    def _directory(self) -> dict[str, _Entry]:
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, 2)
                file.seek(max(0, end - _END.size))
                mark, *_, count, size, start, comment = _END.unpack(file.read(_END.size))
                if mark != b"PK\x05\x06" or comment or start + size + _END.size != end:
                    raise ArchiveError(
                        "the file does not end as a record bundle does; it may be cut short"
                    )
                file.seek(start)
                entries = self._parse(file.read(size), count, start)
                expected = b"".join(one.central() for one in entries.values())
                expected += _END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0)
                file.seek(start)
                if file.read() != expected:
                    raise ArchiveError("the directory of the bundle was changed")
                self._check_headers(file, entries)
                return entries
        except (OSError, struct.error, UnicodeDecodeError) as error:
            message = f"{self._path} cannot be read as a record bundle: {error}"
            raise ArchiveError(message) from error

    def _parse(self, raw: bytes, count: int, start: int) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}
        place, at, last = 0, 0, ""
        for _ in range(count):
            values = _CENTRAL.unpack_from(raw, place)
            crc, size, length = values[7], values[8], values[10]
            name = raw[place + _CENTRAL.size : place + _CENTRAL.size + length].decode()
            place += _CENTRAL.size + length
            if name <= last:
                message = f"the names in the bundle are not in order at {name!a}"
                raise ArchiveError(message)
            entries[name] = _Entry(name, crc, size, at)
            at += len(entries[name].local()) + size
            last = name
        if at != start:
            raise ArchiveError(
                "the files in the bundle do not fill it; something was added or removed"
            )
        return entries

    def _check_headers(self, file: BinaryIO, entries: Mapping[str, _Entry]) -> None:
        for entry in entries.values():
            file.seek(entry.at)
            if file.read(len(entry.local())) != entry.local():
                message = f"the header of {entry.name} in the bundle was changed"
                raise ArchiveError(message)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Give the bytes of an entry in pieces of 1 MiB; the sum is checked after the last.

        Raises:
            ArchiveError: no such entry, or its bytes were changed.
        """
        entry = self.entries.get(name)
        if entry is None:
            message = f"{name} is missing from the bundle"
            raise ArchiveError(message)
        crc = 0
        with self._path.open("rb") as file:
            file.seek(entry.at + len(entry.local()))
            left = entry.size
            while left:
                piece = file.read(min(_PIECE, left))
                if not piece:
                    message = f"{name} is cut short"
                    raise ArchiveError(message)
                left -= len(piece)
                crc = zlib.crc32(piece, crc)
                yield piece
        if crc != entry.crc:
            message = f"{name} in the bundle was changed"
            raise ArchiveError(message)

    def read(self, name: str) -> bytes:
        """Give a whole entry."""
        return b"".join(self.pieces(name))
