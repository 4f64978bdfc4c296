"""The tests' database, under the name the workers' arguments give it."""

from __future__ import annotations

import pytest


@pytest.fixture
def dsn(database_url: str) -> str:
    """A migrated database of the test's own."""
    return database_url
