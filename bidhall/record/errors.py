"""What the record says when it cannot do what was asked.

::

    BidhallError
    └── RecordError
        ├── UnavailableError    the database is away; the same command may be sent again
        ├── OverloadedError     too much is waiting; try again in a moment
        ├── NotSequencedError   the event is safe, its place in the log is not known yet
        ├── LogDamagedError     tiles or checkpoints are not what was signed
        └── LogKeyError         the file with the log's key cannot be read as one
"""

from __future__ import annotations

from typing import ClassVar

from bidhall.errors import BidhallError

__all__ = [
    "LogDamagedError",
    "LogKeyError",
    "NotSequencedError",
    "OverloadedError",
    "RecordError",
    "UnavailableError",
]


class RecordError(BidhallError):
    """The base; ``code`` is stable."""

    code: ClassVar[str] = "record"


class UnavailableError(RecordError):
    """The database is away; sending the same command again is harmless."""

    code = "unavailable"


class OverloadedError(RecordError):
    """Too much is waiting to be written."""

    code = "overloaded"


class NotSequencedError(RecordError):
    """The event is stored, but no checkpoint covers it yet."""

    code = "not-sequenced"


class LogDamagedError(RecordError):
    """A tile or checkpoint is missing or is not what was signed; nothing more is signed over it."""

    code = "log-damaged"


class LogKeyError(RecordError):
    """The file with the log's key cannot be read as one."""

    code = "log-key"
