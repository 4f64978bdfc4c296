"""The services of one machine: started, killed, left over, started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
from pathlib import Path

import psutil
import pytest

from bidhall.local import (
    leftovers,
    local_services,
)
from tests.local.asking import alive, ended, killed_hall, ping, sql, until

pytestmark = pytest.mark.services


async def test_both_answer_durable_and_on_sockets_alone(tmp_path: Path) -> None:
    async with local_services(tmp_path) as found:
        assert str(await sql(found, "SHOW server_version")).startswith("18.")
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
        }.items():
            assert await sql(found, f"SHOW {name}") == value
        locale = (
            "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'bidhall'"
        )
        assert await sql(found, locale) == "bC.UTF-8"
        assert await ping(found)
        pids = found.pids()
        for pid in pids.values():
            assert psutil.Process(pid).net_connections("inet") == []
        assert stat.S_IMODE((tmp_path / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    assert not any(alive(pid) for pid in pids.values())


async def test_what_was_written_is_there_after_a_stop(tmp_path: Path) -> None:
    async with local_services(tmp_path) as found:
        await sql(found, "CREATE TABLE kept AS SELECT 7 AS n")
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT n FROM kept") == 7
        state = await sql(found, "SELECT pg_is_in_recovery()")
        assert state is False
    assert "not properly shut down" not in (tmp_path / "postgres.log").read_text()


async def test_postgres_killed_comes_back_with_what_it_acknowledged(tmp_path: Path) -> None:
    async with local_services(tmp_path) as found:
        await sql(found, "CREATE TABLE kept (n int)")
        for round_ in range(3):
            await sql(found, "INSERT INTO kept SELECT count(*) FROM kept")
            before = found.pids()["PostgreSQL"]
            os.kill(before, signal.SIGKILL)
            assert await until(lambda: sql(found, "SELECT count(*) FROM kept")) == round_ + 1
            assert found.pids()["PostgreSQL"] not in {0, before}


async def test_valkey_killed_comes_back(tmp_path: Path) -> None:
    async with local_services(tmp_path) as found:
        before = found.pids()["Valkey"]
        os.kill(before, signal.SIGKILL)
        await ended(before)
        assert await until(lambda: ping(found))
        assert found.pids()["Valkey"] not in {0, before}


async def test_children_of_a_killed_hall_end_by_themselves(tmp_path: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv here; the next start ends them, which another test shows")
    assert await ended(*await killed_hall(tmp_path))
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT 1") == 1


async def test_what_a_killed_hall_left_running_is_ended_by_the_next(tmp_path: Path) -> None:
    left = await killed_hall(tmp_path, "alone")
    assert all(alive(pid) for pid in left)
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT 1") == 1
        assert await ping(found)
        assert not set(found.pids().values()) & set(left)
    assert await ended(*left)


async def test_a_postgres_that_ignores_us_is_ended_harder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = await killed_hall(tmp_path, "alone")
    os.kill(left[0], signal.SIGSTOP)  # hears nothing but SIGKILL
    steps = ((signal.SIGINT, 0.2), (signal.SIGQUIT, 0.2), (signal.SIGKILL, 5.0))
    monkeypatch.setattr(leftovers, "_STEPS", steps)
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT 1") == 1
    assert await ended(*left)


async def test_a_process_elsewhere_with_the_same_name_is_left_alone(tmp_path: Path) -> None:
    async with local_services(tmp_path / "one") as one, local_services(tmp_path / "two") as two:
        await asyncio.to_thread(leftovers.end_leftovers, tmp_path / "three", "postgres")
        assert await sql(one, "SELECT 1") == await sql(two, "SELECT 1") == 1


async def test_lock_files_that_name_a_stranger_are_forgotten(tmp_path: Path) -> None:
    async with local_services(tmp_path):
        lines = (tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()
    stranger = str(os.getppid())  # lives, is not postgres: its number was used again
    stale = "\n".join([stranger, *lines[1:]]) + "\n"
    for path in (tmp_path / "postgres" / "postmaster.pid", tmp_path / "run" / ".s.PGSQL.5432.lock"):
        path.write_text(stale)
        path.chmod(0o600)
    (tmp_path / "run" / ".s.PGSQL.5432").touch()
    (tmp_path / "run" / "valkey.sock").touch()
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT 1") == 1
        assert await ping(found)
        assert found.pids()["PostgreSQL"] != 0
