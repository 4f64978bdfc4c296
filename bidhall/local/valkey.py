"""Valkey from its wheel: a cache and a bus, nothing in it has to last."""

from __future__ import annotations

import signal
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bidhall.local.leftovers import end_leftovers
from bidhall.local.programs import valkey_program
from bidhall.local.supervisor import Plan
from bidhall.local.user import until_we_die

__all__ = ["plan_valkey", "valkey_answers", "valkey_url"]

_SETTINGS = {
    "port": "0",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "unixsocketperm": "700",
    "loglevel": "warning",
}


def plan_valkey(folder: Path, sockets: Path) -> Plan:
    """End what a killed hall left, and say how to run the server.

    Raises:
        LocalServiceError: the wheel or the folder is the problem.
    """
    program = valkey_program()
    home = folder / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    end_leftovers(home, program.name)
    options = [part for name, value in _SETTINGS.items() for part in (f"--{name}", value)]
    command = (*until_we_die("TERM"), str(program), "--unixsocket", str(_socket(sockets)),
               "--dir", str(home), *options)  # fmt: skip
    return Plan("Valkey", command, folder / "valkey.log", (signal.SIGTERM,))


def valkey_url(sockets: Path) -> str:
    """Give the address of the server whose socket is in this folder."""
    return f"unix://{_socket(sockets)}"


async def valkey_answers(url: str) -> str:
    """Ask whether the server answers; gives what is wrong."""
    client: Redis = Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
    try:
        await client.ping()
    except (OSError, TimeoutError, RedisError) as error:
        return str(error) or type(error).__name__
    finally:
        await client.aclose()
    return ""


def _socket(sockets: Path) -> Path:
    return sockets / "valkey.sock"
