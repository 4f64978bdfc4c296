"""What can go wrong between a client and the hall.

::

    BidhallError
    └── ClientError
        ├── HallRefusedError    the hall answered, with a code and a reason
        ├── HallAwayError       no answer; what was sent may be sent again, ids make it harmless
        └── KeyStoreError       the key store cannot be read with this passphrase
"""

from __future__ import annotations

from typing import Any

from bidhall.errors import BidhallError

__all__ = ["ClientError", "HallAwayError", "HallRefusedError", "KeyStoreError"]


class ClientError(BidhallError):
    """The base of a client's errors."""


class HallRefusedError(ClientError):
    """The hall refused; ``code``, ``message`` and ``params`` are the hall's own words."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        """Keep the hall's answer."""
        self.status = status
        self.code = str(error.get("code", "unknown"))
        self.params = error.get("params", {})
        super().__init__(f"{error.get('message', 'refused without a reason')} [{self.code}]")


class HallAwayError(ClientError):
    """The hall does not answer."""


class KeyStoreError(ClientError):
    """The key store cannot be opened."""
