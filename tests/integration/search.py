"""Searching everything a hall keeps, in every spelling a secret could lie there in."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
from redis.asyncio import Redis

from tests.integration.halls import HallProcess

__all__ = ["Found", "places_of", "spellings"]

Found = dict[str, list[str]]
_NOTHING = b"\0" * 64
_STARTS = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_MOST = 8 << 20


def spellings(secret: bytes) -> list[bytes]:
    """Give a secret plain, in hex, and in base64 wherever its bytes may fall."""
    found = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for shift in range(3):
        # Of the first and last letters some bits belong to what stands beside the secret.
        text = base64.b64encode(b"\0" * shift + secret)
        core = text[(shift * 8 + 5) // 6 : (shift + len(secret)) * 8 // 6]
        found += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    return list(dict.fromkeys(found))


async def places_of(hall: HallProcess, secrets: Mapping[str, bytes]) -> Found:
    """Search the database, Valkey, the data folder, the logs and the processes of a hall."""
    wanted = {name: spellings(secret) for name, secret in secrets.items()}
    found: Found = {name: [] for name in secrets}
    count = 0
    async for place, data in _everything(hall):
        count += len(data)
        for piece in (data.replace(_NOTHING, b""), *unpacked(data)):
            for name, forms in wanted.items():
                if any(form in piece for form in forms):
                    found[name].append(place)
    assert count > 30 << 20, "the search did not see the database's files"
    return found


def unpacked(data: bytes) -> Iterator[bytes]:
    """Give what gzip and zlib streams inside some bytes hold."""
    for start in _STARTS.finditer(data):
        with suppress(zlib.error):
            text = zlib.decompressobj(wbits=47).decompress(data[start.start() :], _MOST)
            if len(text) > 16:
                yield text


async def _everything(hall: HallProcess) -> AsyncIterator[tuple[str, bytes]]:
    connection = await asyncpg.connect(hall.database_url)
    try:
        await connection.execute("CHECKPOINT")
        tables = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        assert len(tables) > 10
        for (table,) in tables:
            taken = bytearray()

            async def take(piece: bytes, taken: bytearray = taken) -> None:
                taken.extend(piece)

            await connection.copy_from_table(table, output=take, format="binary")
            yield f"table {table}", bytes(taken)
    finally:
        await connection.close()
    async for place, data in _valkey(hall):
        yield place, data
    for path in sorted(hall.data.rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield str(path.relative_to(hall.folder)), path.read_bytes()
    for path in hall.logs:
        yield path.name, path.read_bytes()
    for process in hall.family():
        for name in ("environ", "cmdline"):
            with suppress(OSError, psutil.NoSuchProcess):
                yield (
                    f"{name} of {process.name()}",
                    Path(f"/proc/{process.pid}/{name}").read_bytes(),
                )


async def _valkey(hall: HallProcess) -> AsyncIterator[tuple[str, bytes]]:
    client: Redis = Redis.from_url(hall.redis_url)
    reads = {
        b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }  # fmt: skip
    try:
        for number in range(16):
            await client.execute_command("SELECT", number)
            async for key in client.scan_iter():
                kind = await client.type(key)
                yield f"valkey {key!r}", key + b" " + repr(await reads[kind](key)).encode()
        await client.execute_command("SELECT", 0)
        yield "valkey info", repr(await client.info("all")).encode()
        yield "valkey clients", repr(await client.client_list()).encode()
    finally:
        await client.aclose()
