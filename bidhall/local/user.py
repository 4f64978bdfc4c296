"""Running PostgreSQL as root, which it refuses: another user, chosen so that files stay ours."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bidhall.local.errors import FolderError, ProgramError
from bidhall.local.programs import works

__all__ = ["Footing", "footing", "until_we_die"]

_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Footing:
    """How a program is run as somebody who is not root.

    ``prefix`` comes before its command; ``owner`` must own its data, None where that is us.
    """

    prefix: tuple[str, ...] = ()
    owner: int | None = None

    def give(self, path: Path) -> None:
        """Hand a file or folder to the user who runs the program."""
        if self.owner is not None:
            os.chown(path, self.owner, self.owner)


def footing(data: Path) -> Footing:
    """Choose how to run a server on ``data``, which may not exist yet.

    Raises:
        FolderError: the data belongs to a user we cannot become.
        ProgramError: we are root and have nothing to become another user with.
    """
    us = os.geteuid()
    owner = data.stat().st_uid if data.exists() else us
    if us != 0:
        if owner != us:
            message = f"{data} belongs to user {owner}, we are {us}; run the hall as that user"
            raise FolderError(message)
        return Footing()
    if owner == 0 and (prefix := _seen_as_nobody()):
        return Footing(prefix)
    return _become(owner or _NOBODY, data.parent)


def _seen_as_nobody() -> tuple[str, ...]:
    # Inside a user namespace root is seen as another user, while files stay root's: no owner or
    # mode has to change, and homes that others may not enter can still be entered.
    prefix = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    possible = shutil.which("unshare") and not works([*prefix, "true"])
    return prefix if possible else ()


def _become(owner: int, folder: Path) -> Footing:
    if not shutil.which("setpriv"):
        message = (
            "PostgreSQL refuses to run as root, and neither unshare nor setpriv (util-linux) works "
            "here; run the hall as another user, or set DATABASE_URL"
        )
        raise ProgramError(message)
    prefix = ("setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups")
    # Passing through is enough for it: our own folder lets it in, but not look around.
    folder.chmod(folder.stat().st_mode | 0o001)
    if works([*prefix, "test", "-x", str(folder)]):
        message = (
            f"as root, PostgreSQL runs as user {owner}, who may not enter {folder}; "
            "choose a folder outside private homes with BIDHALL_DATA, or run as another user"
        )
        raise FolderError(message)
    return Footing(prefix, owner)


def until_we_die(signal: str) -> tuple[str, ...]:
    """Have the kernel send ``signal`` to what follows when our process ends, even by ``kill -9``."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", signal) if setpriv else ()
