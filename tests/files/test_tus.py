"""tus 1.0 over HTTP against a real database and disk."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request

from bidhall.cases.case import Person
from bidhall.files.store import FileStore
from bidhall.files.tus import tus_routes
from crypto.merkle import RootHasher
from tests.files.conftest import ALICE, BRUNO

pytestmark = pytest.mark.asyncio
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def person_of(request: Request) -> Person | None:
    """Find the person a test's header names."""
    return {"alice": ALICE, "bruno": BRUNO}.get(request.headers.get("x-person", ""))


@pytest_asyncio.fixture
async def client(store: FileStore) -> AsyncIterator[httpx.AsyncClient]:
    """Alice's client."""
    transport = httpx.ASGITransport(Starlette(routes=tus_routes(store, person_of)))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://hall", headers={"x-person": "alice"}
    ) as made:
        yield made


async def create(client: httpx.AsyncClient, length: int, name: str = "a.bhe") -> str:
    """Begin an upload and give its address."""
    encoded = base64.b64encode(name.encode()).decode()
    answer = await client.post(
        "/files",
        headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": f"filename {encoded}"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def patch(
    client: httpx.AsyncClient, url: str, offset: int, data: bytes, **more: str
) -> httpx.Response:
    """Send a piece."""
    given = {name.replace("_", "-"): value for name, value in more.items()}
    return await client.patch(
        url, content=data, headers={**PIECE, "Upload-Offset": str(offset), **given}
    )


def checksum(data: bytes) -> str:
    """Give the header value for a piece."""
    return "sha256 " + base64.b64encode(hashlib.sha256(data).digest()).decode()


def pattern(size: int) -> bytes:
    """Make bytes that differ from place to place."""
    return (b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1)))[:size]


async def test_options_says_what_is_offered(client: httpx.AsyncClient) -> None:
    answer = await client.options("/files")
    assert answer.status_code == 204
    assert answer.headers["tus-extension"] == "creation,checksum,termination,expiration"
    assert answer.headers["tus-max-size"] == str(9 << 20)
    assert answer.headers["tus-checksum-algorithm"] == "sha256"


async def test_a_file_in_three_pieces(client: httpx.AsyncClient, store: FileStore) -> None:
    data = pattern(3_500_001)
    url = await create(client, len(data), "投标文件.bhe")
    for begin, end in ((0, 1), (1, 2_000_003), (2_000_003, len(data))):
        answer = await patch(client, url, begin, data[begin:end])
        assert answer.status_code == 204
        assert answer.headers["upload-offset"] == str(end)
    assert (await client.head(url, headers=TUS)).headers["upload-offset"] == str(len(data))
    expected = RootHasher()
    expected.update(data)
    facts = await store.facts(url.rsplit("/", 1)[1], "org-a")
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.root == expected.digest().hex()
    assert facts.size == len(data)
    assert facts.head == data[:65536]
    assert facts.name == "投标文件.bhe"
    with await store.open(facts.upload) as file:
        assert file.read() == data


async def test_an_empty_file_is_complete_at_once(
    client: httpx.AsyncClient, store: FileStore
) -> None:
    url = await create(client, 0)
    facts = await store.facts(url.rsplit("/", 1)[1], "org-a")
    assert facts.sha256 == hashlib.sha256(b"").hexdigest()
    assert (await patch(client, url, 0, b"")).status_code == 204


async def test_head_describes_the_upload(client: httpx.AsyncClient) -> None:
    url = await create(client, 10, "b.bhe")
    answer = await client.head(url, headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["upload-length"] == "10"
    assert answer.headers["upload-offset"] == "0"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["upload-metadata"] == "filename " + base64.b64encode(b"b.bhe").decode()
    assert answer.headers["upload-expires"].endswith("GMT")


async def test_a_wrong_offset_changes_nothing(client: httpx.AsyncClient) -> None:
    url = await create(client, 10)
    await patch(client, url, 0, b"12345")
    for offset in (0, 4, 6, 10, 11):
        answer = await patch(client, url, offset, b"x")
        assert answer.status_code == 409
        assert answer.json()["error"]["params"] == {"offset": 5}
    assert (await patch(client, url, 5, b"67890")).status_code == 204


async def test_more_than_announced_is_refused(client: httpx.AsyncClient) -> None:
    url = await create(client, 4)
    assert (await patch(client, url, 0, b"12345")).status_code == 413

    async def unsized() -> AsyncIterator[bytes]:
        yield b"123"
        yield b"45"

    answer = await client.patch(url, content=unsized(), headers={**PIECE, "Upload-Offset": "0"})
    assert answer.status_code == 413
    assert (await client.head(url, headers=TUS)).headers["upload-offset"] == "0"
    assert (await patch(client, url, 0, b"1234")).status_code == 204


async def test_a_true_checksum_is_accepted(client: httpx.AsyncClient, store: FileStore) -> None:
    data = pattern(2_500_000)
    url = await create(client, len(data))
    half = len(data) // 2
    first = await patch(client, url, 0, data[:half], Upload_Checksum=checksum(data[:half]))
    second = await patch(client, url, half, data[half:], Upload_Checksum=checksum(data[half:]))
    assert (first.status_code, second.status_code) == (204, 204)
    facts = await store.facts(url.rsplit("/", 1)[1], "org-a")
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


async def test_an_altered_piece_is_taken_back(client: httpx.AsyncClient, store: FileStore) -> None:
    data = pattern(3_000_000)
    url = await create(client, len(data))
    await patch(client, url, 0, data[:1_100_000])
    rest = data[1_100_000:]
    answer = await patch(client, url, 1_100_000, rest, Upload_Checksum=checksum(rest + b"!"))
    assert answer.status_code == 460
    assert answer.json()["error"]["code"] == "checksum-mismatch"
    assert (await client.head(url, headers=TUS)).headers["upload-offset"] == "1100000"
    assert (await patch(client, url, 1_100_000, rest)).status_code == 204
    facts = await store.facts(url.rsplit("/", 1)[1], "org-a")
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


async def test_two_requests_cannot_write_to_one_upload(client: httpx.AsyncClient) -> None:
    url = await create(client, 10)
    going, begun = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"12345"
        begun.set()
        await going.wait()
        yield b"67890"

    first = asyncio.create_task(
        client.patch(url, content=slowly(), headers={**PIECE, "Upload-Offset": "0"})
    )
    await begun.wait()
    assert (await patch(client, url, 0, b"x")).status_code == 423
    assert (await client.delete(url, headers=TUS)).status_code == 423
    going.set()
    assert (await first).status_code == 204
    assert (await client.head(url, headers=TUS)).headers["upload-offset"] == "10"


async def test_an_upload_of_another_organisation_does_not_exist(client: httpx.AsyncClient) -> None:
    url = await create(client, 10)
    bruno = {"x-person": "bruno"}
    assert (await client.head(url, headers={**TUS, **bruno})).status_code == 404
    assert (await patch(client, url, 0, b"x", x_person="bruno")).status_code == 404
    assert (await client.delete(url, headers={**TUS, **bruno})).status_code == 404
    assert (await patch(client, url, 0, b"1234567890")).status_code == 204


async def test_nobody_uploads_without_signing_in(client: httpx.AsyncClient) -> None:
    url = await create(client, 10)
    nobody = {**TUS, "x-person": "", "Upload-Length": "5"}
    assert (await client.post("/files", headers=nobody)).status_code == 401
    assert (await client.head(url, headers=nobody)).status_code == 401
    assert (await patch(client, url, 0, b"x", x_person="")).status_code == 401


async def test_another_version_is_told_ours(client: httpx.AsyncClient) -> None:
    answer = await client.post("/files", headers={"Upload-Length": "5"})
    assert answer.status_code == 412
    assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize(
    "upload", ["x", "upl-", "upl-" + "a" * 25 + "!", "..%2f..%2fetc%2fpasswd", "upl-" + "a" * 26]
)
async def test_an_address_that_is_no_upload(client: httpx.AsyncClient, upload: str) -> None:
    assert (await client.head(f"/files/{upload}", headers=TUS)).status_code == 404


async def test_termination(client: httpx.AsyncClient, store: FileStore, tmp_path: Path) -> None:
    url = await create(client, 10)
    assert (await client.delete(url, headers=TUS)).status_code == 204
    assert (await client.head(url, headers=TUS)).status_code == 404
    assert not list((tmp_path / "files").rglob("upl-*"))

    kept = await create(client, 3)
    await patch(client, kept, 0, b"abc")
    await store.adopt(kept.rsplit("/", 1)[1])
    answer = await client.delete(kept, headers=TUS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "upload-pinned")


async def test_the_method_may_be_overridden(client: httpx.AsyncClient) -> None:
    url = await create(client, 3)
    headers = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await client.post(url, content=b"abc", headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "3")


async def test_the_quota_counts_what_is_under_way(
    client: httpx.AsyncClient, store: FileStore
) -> None:
    urls = [await create(client, 9 << 20) for _ in range(2)]
    answer = await client.post("/files", headers={**TUS, "Upload-Length": str(9 << 20)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "quota-exceeded")
    other = {**TUS, "Upload-Length": str(9 << 20), "x-person": "bruno"}
    assert (await client.post("/files", headers=other)).status_code == 201
    await client.delete(urls[0], headers=TUS)
    assert (await create(client, 9 << 20)).startswith("/files/upl-")
    for _ in range(3):
        await create(client, 1)
    answer = await client.post("/files", headers={**TUS, "Upload-Length": "1"})
    assert answer.json()["error"]["params"] == {"maximum": 5}


async def test_the_quota_holds_when_all_come_at_once(client: httpx.AsyncClient) -> None:
    headers = {**TUS, "Upload-Length": str(9 << 20)}
    answers = await asyncio.gather(*(client.post("/files", headers=headers) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 413, 413, 413, 413]


async def test_a_file_that_is_too_long_is_refused(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = await client.post("/files", headers={**TUS, "Upload-Length": str((9 << 20) + 1)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")
    assert not list((tmp_path / "files").rglob("upl-*"))


async def test_an_expired_upload_is_gone(
    client: httpx.AsyncClient, pool: asyncpg.Pool, store: FileStore
) -> None:
    url = await create(client, 10)
    await pool.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
    assert (await client.head(url, headers=TUS)).status_code == 410
    assert await store.sweep() == 1
    assert (await client.head(url, headers=TUS)).status_code == 404
