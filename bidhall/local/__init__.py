"""PostgreSQL and Valkey on an empty machine, from their wheels, supervised by the hall itself.

Only the wheels' server programs are used. Both listen on Unix sockets alone, in a folder only this
user can enter. A child that dies is started again; when the supervising process dies, however it
dies, the kernel tells its children to stop, and what still runs is found and ended at the next
start. ``DATABASE_URL`` and ``REDIS_URL`` take their place, and then nothing here runs.
"""

from __future__ import annotations

from bidhall.local.errors import (
    FolderError,
    InUseError,
    LocalServiceError,
    ProgramError,
    StartError,
)
from bidhall.local.services import Services, local_services, running_services

__all__ = [
    "FolderError",
    "InUseError",
    "LocalServiceError",
    "ProgramError",
    "Services",
    "StartError",
    "local_services",
    "running_services",
]
