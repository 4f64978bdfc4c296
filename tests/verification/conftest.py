"""A finished record to attack."""

from __future__ import annotations

import pytest

from tests.integration.demonstrated import Demonstration, demonstration


@pytest.fixture(scope="session")
def demo() -> Demonstration:
    """The demonstration, whose record every test here changes in some way."""
    played = demonstration()
    assert played.status == 0, played.told
    return played
