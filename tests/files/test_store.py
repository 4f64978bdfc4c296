"""What the store keeps, sweeps and survives."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import asyncpg
import pytest

from bidhall.cases.errors import ConflictError, NotFoundError
from bidhall.files.errors import StorageDamagedError, StorageFullError, UploadMissingError
from bidhall.files.intake import Digests, Intake
from bidhall.files.store import FileLimits, FileStore
from bidhall.files.uploads import Upload, Uploads
from tests.files.conftest import ALICE, SMALL

pytestmark = pytest.mark.asyncio


async def upload(store: FileStore, data: bytes, *, length: int | None = None) -> str:
    """Upload ``data`` as the beginning of a file."""
    made = await store.create(ALICE, len(data) if length is None else length, "a.bhe")
    async with await store.write(made.id, "org-a", 0, len(data)) as writing:
        await writing.feed(data)
        await writing.settle()
    return made.id


def file_of(folder: Path, upload: str) -> Path:
    """Find the file of an upload."""
    return next((folder / "files").rglob(upload))


async def test_facts_are_for_the_owner_of_a_finished_file(store: FileStore) -> None:
    half = await upload(store, b"abc", length=6)
    with pytest.raises(ConflictError) as caught:
        await store.facts(half, "org-a")
    assert caught.value.code == "upload-unfinished"
    whole = await upload(store, b"abc")
    with pytest.raises(NotFoundError):
        await store.facts(whole, "org-b")
    assert (await store.facts(whole, "org-a")).size == 3


async def test_only_a_finished_file_is_adopted_or_opened(store: FileStore) -> None:
    half = await upload(store, b"abc", length=6)
    with pytest.raises(NotFoundError):
        await store.adopt(half)
    with pytest.raises(NotFoundError):
        await store.open(half)
    with pytest.raises(NotFoundError):
        await store.open("upl-" + "a" * 26)


async def test_an_adopted_file_outlives_every_sweep(store: FileStore, pool: asyncpg.Pool) -> None:
    kept, left = await upload(store, b"kept"), await upload(store, b"left")
    await store.adopt(kept)
    await store.adopt(kept)
    await pool.execute("UPDATE upload SET expires_at = now() - interval '1 day'")
    assert await store.sweep() == 1
    with await store.open(kept) as file:
        assert file.read() == b"kept"
    with pytest.raises(NotFoundError):
        await store.open(left)


async def test_facts_keep_a_file_from_the_sweep(store: FileStore, pool: asyncpg.Pool) -> None:
    made = await upload(store, b"abc")
    await pool.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
    await store.facts(made, "org-a")
    assert await store.sweep() == 0
    await store.adopt(made)


async def test_the_sweep_leaves_an_upload_that_is_being_written(
    store: FileStore, pool: asyncpg.Pool
) -> None:
    made = await store.create(ALICE, 3, "")
    async with await store.write(made.id, "org-a", 0, 3) as writing:
        await pool.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
        assert await store.sweep() == 0
        await writing.feed(b"abc")
        await writing.settle()
    assert (await store.facts(made.id, "org-a")).size == 3


async def test_orphans_are_swept_when_they_are_old(store: FileStore, tmp_path: Path) -> None:
    young = tmp_path / "files/aa" / ("upl-" + "a" * 26)
    old = tmp_path / "files/bb" / ("upl-" + "b" * 26)
    kept = file_of(tmp_path, await upload(store, b"abc"))
    for path in (young, old):
        path.write_bytes(b"x")
    for path in (old, kept):
        os.utime(path, (0, 0))
    assert await store.sweep() == 1
    assert young.exists()
    assert not old.exists()
    assert kept.exists()


async def test_a_row_whose_file_is_gone_is_swept(
    store: FileStore, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    made = await upload(store, b"abc", length=9)
    file_of(tmp_path, made).unlink()
    with pytest.raises(UploadMissingError):
        await store.write(made, "org-a", 3, 1)
    await pool.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
    assert await store.sweep() == 1
    assert await pool.fetchval("SELECT count(*) FROM upload") == 0


async def test_a_document_is_kept_once(store: FileStore, tmp_path: Path) -> None:
    first = await store.put(b"%PDF-1.7", "record.pdf")
    assert await store.put(b"%PDF-1.7", "again.pdf") == first
    both = await asyncio.gather(*(store.put(b"other") for _ in range(4)))
    assert len(set(both)) == 1
    assert len(list((tmp_path / "files").rglob("upl-*"))) == 2
    with await store.open(first) as file:
        assert file.read() == b"%PDF-1.7"
    with pytest.raises(NotFoundError):
        await store.facts(first, "org-a")


async def test_bytes_that_were_never_confirmed_are_cut_off(
    store: FileStore, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    made = await upload(store, b"abc", length=6)
    with file_of(tmp_path, made).open("ab") as file:
        file.write(b"garbage of a crash")
    again = FileStore(pool, tmp_path / "files", limits=SMALL)
    async with await again.write(made, "org-a", 3, 3) as writing:
        await writing.feed(b"def")
        await writing.settle()
    again.close()
    facts = await store.facts(made, "org-a")
    assert facts.sha256 == hashlib.sha256(b"abcdef").hexdigest()
    assert file_of(tmp_path, made).read_bytes() == b"abcdef"


async def test_lost_bytes_are_noticed(store: FileStore, pool: asyncpg.Pool, tmp_path: Path) -> None:
    made = await upload(store, b"abc", length=6)
    os.truncate(file_of(tmp_path, made), 2)
    with pytest.raises(StorageDamagedError, match="3 bytes were confirmed but 2"):
        await store.write(made, "org-a", 3, 3)


async def test_a_full_disk_takes_no_new_upload(pool: asyncpg.Pool, tmp_path: Path) -> None:
    limits = FileLimits(reserve=1 << 60)
    full = FileStore(pool, tmp_path / "files", limits=limits)
    with pytest.raises(StorageFullError):
        await full.create(ALICE, 1, "")
    full.close()
    assert await pool.fetchval("SELECT count(*) FROM upload") == 0


async def test_a_piece_that_breaks_off_is_kept_and_one_with_a_checksum_is_not(
    store: FileStore,
) -> None:
    made = await store.create(ALICE, 4 << 20, "")
    async with await store.write(made.id, "org-a", 0, None) as writing:
        await writing.feed(b"x" * 1_500_000)
        await writing.keep_what_came()
    assert (await store.find(made.id, "org-a")).received == 1_500_000
    async with await store.write(made.id, "org-a", 1_500_000, None) as writing:
        writing.expect(b"?" * 32)
        await writing.feed(b"y" * 1_500_000)
        await writing.keep_what_came()
    assert (await store.find(made.id, "org-a")).received == 1_500_000
    async with await store.write(made.id, "org-a", 1_500_000, None) as writing:
        await writing.feed(b"z" * ((4 << 20) - 1_500_000))
        done = await writing.settle()
    expected = b"x" * 1_500_000 + b"z" * ((4 << 20) - 1_500_000)
    assert done.sha256 == hashlib.sha256(expected).hexdigest()


async def test_a_failed_fsync_confirms_nothing(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed fsync the kernel may forget what it held: those bytes must come again."""
    made = await upload(store, b"abc", length=9)

    def fails(self: Intake) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Intake, "settle", fails)
        with pytest.raises(OSError, match="Input/output"):
            await _piece(store, made, 3, b"XXX")
    assert (await store.find(made, "org-a")).received == 3
    await _piece(store, made, 3, b"defghi")
    facts = await store.facts(made, "org-a")
    assert facts.sha256 == hashlib.sha256(b"abcdefghi").hexdigest()


@pytest.mark.parametrize("written", [False, True], ids=["failed", "failed-but-written"])
async def test_a_database_that_fails_when_counting(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    made = await upload(store, b"abc", length=9)
    real = Uploads.settle

    async def fails(self: Uploads, upload: str, position: int, digests: Digests | None) -> Upload:
        if written:
            await real(self, upload, position, digests)
        raise ConnectionResetError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(Uploads, "settle", fails)
        with pytest.raises(ConnectionResetError):
            await _piece(store, made, 3, b"def")
    received = (await store.find(made, "org-a")).received
    assert received == (6 if written else 3)
    await _piece(store, made, received, b"abcdefghi"[received:])
    facts = await store.facts(made, "org-a")
    assert facts.sha256 == hashlib.sha256(b"abcdefghi").hexdigest()


async def test_a_file_lost_before_anything_was_confirmed_is_made_again(
    store: FileStore, tmp_path: Path
) -> None:
    """The name of an empty file is not durable; nothing was promised about it."""
    made = await store.create(ALICE, 3, "")
    file_of(tmp_path, made.id).unlink()
    await _piece(store, made.id, 0, b"abc")
    assert (await store.facts(made.id, "org-a")).size == 3


async def _piece(store: FileStore, upload: str, offset: int, data: bytes) -> None:
    async with await store.write(upload, "org-a", offset, len(data)) as writing:
        await writing.feed(data)
        await writing.settle()
