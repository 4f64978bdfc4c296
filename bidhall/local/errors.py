"""What can keep the local services from running.

::

    LocalServiceError
    ├── FolderError         the data folder cannot be used
    │   └── InUseError      another hall uses it
    ├── ProgramError        a server program is missing, or cannot be run here
    └── StartError          a server, ours or one given by a URL, does not answer
"""

from __future__ import annotations

from bidhall.errors import BidhallError

__all__ = ["FolderError", "InUseError", "LocalServiceError", "ProgramError", "StartError"]


class LocalServiceError(BidhallError):
    """A local service cannot run; the message says which part is the problem and what to do."""


class FolderError(LocalServiceError):
    """The data folder cannot be used."""


class InUseError(FolderError):
    """Another hall uses the data folder."""


class ProgramError(LocalServiceError):
    """A server program is missing, or cannot be run on this machine."""


class StartError(LocalServiceError):
    """A server does not answer."""
