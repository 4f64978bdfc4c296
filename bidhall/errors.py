"""The errors of the hall.

::

    BidhallError                what a person can read and act on; never holds a secret
    ├── RefusedError            a case refused a command (bidhall.cases.errors)
    ├── record, accounts, files, rooms: one subtree each, drawn in the package's own errors
"""

from __future__ import annotations

__all__ = ["BidhallError"]


class BidhallError(Exception):
    """The base of every error the hall raises on purpose."""
