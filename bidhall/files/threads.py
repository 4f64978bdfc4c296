"""The threads of the files: few for what keeps a core busy, more for what waits for the disk.

An fsync may take long and needs no core: were it to take a hashing thread's place, the others'
bytes would wait for the disk too.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bidhall.files.intake import BATCH

__all__ = ["Threads"]

_SPARE: Final = 32


_PATIENCE: Final = 0.0002


class Threads:
    """``work`` writes and hashes, ``disk`` waits; and buffers that are used again."""

    def __init__(self) -> None:
        """Start nothing yet: threads come with the first work.

        A thread that has written or hashed a MiB needs the interpreter back for a moment. By
        default it asks for it after 5 ms, ten times as long as the work itself took; with this
        setting, of the whole process, uploads were measured 1.4 times as fast.
        """
        sys.setswitchinterval(min(sys.getswitchinterval(), _PATIENCE))
        cores = len(os.sched_getaffinity(0))
        self.work: Final = ThreadPoolExecutor(cores + 1, thread_name_prefix="files-work")
        self.disk: Final = ThreadPoolExecutor(32, thread_name_prefix="files-disk")
        self._buffers: list[bytearray] = []

    def borrow(self) -> bytearray:
        """Give a buffer of `BATCH` bytes with anything in it."""
        return self._buffers.pop() if self._buffers else bytearray(BATCH)

    def give_back(self, buffer: bytearray) -> None:
        """Take a buffer back."""
        if len(self._buffers) < _SPARE:
            self._buffers.append(buffer)

    def close(self) -> None:
        """Wait for what is under way."""
        self.work.shutdown()
        self.disk.shutdown()
