"""Files under a passphrase: what the library refuses for the work it would take is told apart."""

from __future__ import annotations

import re

import pytest

from crypto import passphrase
from crypto.errors import RecoveryInvalidError

LOCKED = passphrase.lock(b"kept", "six words of a passphrase")


def test_what_was_locked_opens_with_its_passphrase_alone() -> None:
    assert passphrase.unlock(LOCKED, "six words of a passphrase") == b"kept"
    with pytest.raises(RecoveryInvalidError, match="passphrase is wrong") as refused:
        passphrase.unlock(LOCKED, "six words of another")
    assert refused.value.code == "recovery-invalid"


def test_too_much_work_is_not_called_a_wrong_passphrase() -> None:
    heavy = re.sub(rb"(-> scrypt \S+) \d+", rb"\1 40", LOCKED, count=1)
    with pytest.raises(RecoveryInvalidError, match="close other programs") as refused:
        passphrase.unlock(heavy, "six words of a passphrase")
    assert refused.value.code == "too-much-work"
