"""One hall of two workers for all faults, with a closed tender for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.acknowledged import watching
from tests.faults.stage import FAULTS, Theatre, prepare
from tests.integration.halls import staged


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def theatre() -> AsyncIterator[Theatre]:
    with pytest.MonkeyPatch.context() as patch, watching(patch) as promised:
        async with staged(2) as stage:
            yield await prepare(stage, promised, (*FAULTS, "chair"))
