"""The file that queue_log lines go to: written at once, moved away by logrotate when it likes, and never a reason to fail."""

import errno
import logging
import os
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)


class QueueLogFile:
    """Appends whole lines, each batch in one write to the page cache (microseconds); nothing is kept back in memory.

    A file that was moved or deleted is made anew at the next line; copytruncate works too. While the file can't be written,
    lines are lost: that is said once, and once that it is over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._failing = False

    def append(self, lines: Sequence[str]) -> None:
        """Never raises for what is wrong with the file."""
        if not lines:
            return
        try:
            self._write("".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            self.close()
            if not self._failing:
                log.warning("%s can't be written: %s. Its lines are lost until it can.", self._path, error.strerror)
            self._failing = True
        else:
            if self._failing:
                log.warning("%s is written again", self._path)
            self._failing = False

    def close(self) -> None:
        """Until the next line."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, data: bytes) -> None:
        if os.write(self._open(), data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _open(self) -> int:
        if self._descriptor is not None and not self._is_in_place(self._descriptor):
            self.close()
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            _end_torn_line(self._descriptor)
        return self._descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _end_torn_line(descriptor: int) -> None:
    """A full disk or a killed process leaves half a line: the next one must not be glued to it."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
