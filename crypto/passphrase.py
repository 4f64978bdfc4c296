"""Files under a passphrase: age with a scrypt recipient, as any age tool reads and writes them.

The library measures, each time it opens a file, how much work this computer can do in a second, and
refuses a file that was made with far more. On a busy computer that measure is wrong now and then, so
a refusal of this kind is not believed at once, and is never called a wrong passphrase.
"""

from __future__ import annotations

from typing import Final

import pyrage  # type: ignore[import-untyped] # ships no types

from crypto.errors import RecoveryInvalidError

__all__ = ["lock", "unlock"]

_TRIES: Final = 8
_TOO_MUCH: Final = "Excessive work"


def lock(data: bytes, passphrase: str) -> bytes:
    """Encrypt bytes under a passphrase."""
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def unlock(file: bytes, passphrase: str) -> bytes:
    """Decrypt what `lock` or any age tool wrote.

    Raises:
        RecoveryInvalidError: a wrong passphrase or a damaged file; `too-much-work` where this
            computer is too slow, or too busy, for how the file was made.
    """
    for _ in range(_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(file, passphrase))
        except pyrage.DecryptError as error:
            if _TOO_MUCH not in str(error):
                message = "the file does not open: the passphrase is wrong, or the file damaged"
                raise RecoveryInvalidError(message) from None
    message = "opening this file takes more work than this computer can do now: "
    message += "close other programs and try again, or use a faster computer"
    raise RecoveryInvalidError(message, code="too-much-work")
