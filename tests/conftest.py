"""What tests of every part share: real services, a database each, no network for pure parts.

``services`` starts PostgreSQL and Valkey once a session; ``database_url`` is a migrated database of
the test's own, ``empty_database_url`` one without tables, ``redis_url`` an empty Valkey database.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
import pytest_socket
from redis.asyncio import Redis

from bidhall.local import Services, local_services
from bidhall.store.migrate import migrate

TESTS = Path(__file__).parent
PURE = ("crypto", "evaluation")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STRICT = os.environ.get("CI") == "true" or os.environ.get("BIDHALL_STRICT") == "1"
ABSENT = "no published vectors here"
VALKEY_DATABASES = 16

_numbers = itertools.count(1)


def is_pure(path: Path) -> bool:
    """Tell whether a test file belongs to a part that may not use the network."""
    return path.is_relative_to(TESTS) and path.relative_to(TESTS).parts[0] in PURE


@pytest.fixture(autouse=True)
def _no_sockets_in_pure_parts(request: pytest.FixtureRequest) -> Iterator[None]:
    if not is_pure(request.path):
        yield
        return
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where nothing may be left out (CI), a browser test that was skipped has failed."""
    report: pytest.TestReport = yield  # type: ignore[assignment] # pluggy sends the result
    wanted = STRICT and item.get_closest_marker("browser") is not None
    # Vectors that others published are not part of the project: without them there is nothing to run.
    if ABSENT in str(report.longrepr):
        return report  # type: ignore[return-value]
    if wanted and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"browser tests may not be skipped here: {report.longrepr}"
    return report  # type: ignore[return-value]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; where there is none the test is skipped (and fails in CI)."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no Chromium here (looked for {', '.join(BROWSERS)}); install Debian's chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services() -> AsyncIterator[Services]:
    """PostgreSQL and Valkey for the whole session, in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="bidhall-tests-") as folder:
        async with local_services(Path(folder)) as running:
            yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(services: Services) -> str:
    """The name of a migrated database nobody is connected to, to be copied."""
    name = "migrated_template"
    await _execute(services.database_url, f"CREATE DATABASE {name}")
    await migrate(_other(services.database_url, name))
    return name


@pytest_asyncio.fixture
async def database_url(services: Services, template_database: str) -> AsyncIterator[str]:
    """A migrated database of the test's own, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    await _execute(services.database_url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield _other(services.database_url, name)
    await _execute(services.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def empty_database_url(services: Services) -> AsyncIterator[str]:
    """A database without any table, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    await _execute(services.database_url, f"CREATE DATABASE {name}")
    yield _other(services.database_url, name)
    await _execute(services.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def redis_url(services: Services) -> AsyncIterator[str]:
    """An empty Valkey database, emptied again afterwards."""
    url = f"{services.redis_url}?db={next(_numbers) % VALKEY_DATABASES}"
    await _flush(url)
    yield url
    await _flush(url)


async def _flush(url: str) -> None:
    client: Redis = Redis.from_url(url)
    try:
        await client.flushdb()
    finally:
        await client.aclose()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _other(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
