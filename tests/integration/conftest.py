"""A tender that everybody looks at, from its publication to its report."""

from __future__ import annotations

import pytest_asyncio

from tests.integration.halls import staged
from tests.integration.life import Life, live


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def life() -> Life:
    async with staged(2) as stage:
        return await live(stage)
