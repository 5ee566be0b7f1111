"""Facts on disk the moment they happen: what the database has not taken yet survives the end of the process."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from contactcenter.events import Fact

log = logging.getLogger(__name__)

ENDING = ".facts"
LARGEST_IDLE_FILE = 1_000_000
"""Bytes a file may have when the database has all of it; a larger one is emptied."""
READ_AT_ONCE = 1_000_000

Numbered = tuple[int | None, Fact]


class Spool:
    """Files of facts in a folder, one fact a line: its number, its time, its kind, its data as JSON.

    Each process appends to a file of its own. Lines go to the operating system at once: they outlive the process, not the
    power (as with SQLite's WAL, which is not synchronised at each commit either).
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._earlier = sorted(folder.glob(f"*{ENDING}"))
        self.last = max((_last_number(file) for file in self._earlier), default=0)
        """The number of the newest fact."""
        self.last_of_earlier = self.last
        self._file: Path | None = None
        self._descriptor = -1
        self.size = 0
        """Bytes of the present file: where its next line begins."""

    def earlier(self, written: int) -> list[Numbered]:
        """What earlier processes left and the database has not: it has everything up to the number `written`."""
        self.last = max(self.last, written)
        facts = [each for file in self._earlier for each in _facts(file, 0) if each[0] > written]
        return [*sorted(facts, key=lambda each: each[0])]

    def forget_earlier(self) -> None:
        """The database has all of it."""
        while self._earlier:
            self._earlier.pop().unlink(missing_ok=True)

    def append(self, fact: Fact) -> int:
        """The fact's number. Raises OSError when it can't be kept, with no half line left behind; it has its number all the same."""
        self.last += 1
        line = f"{self.last} {fact.at.isoformat()} {fact.kind} {json.dumps(fact.data())}\n".encode("ascii")
        if self._descriptor < 0:
            self._file = self._folder / f"{self.last:015d}{ENDING}"
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if os.write(self._descriptor, line) < len(line):
            os.ftruncate(self._descriptor, self.size)
            raise OSError("the disk is full")
        self.size += len(line)
        return self.last

    def read(self, offset: int) -> tuple[list[Numbered], int]:
        """Facts of the present file from a line's beginning, about READ_AT_ONCE bytes of them; where the next ones begin."""
        if self._file is None:
            return [], offset
        facts: list[Numbered] = []
        end = offset
        with self._file.open("rb") as lines:
            lines.seek(offset)
            for line in lines:
                if not line.endswith(b"\n") or end - offset > READ_AT_ONCE:
                    break
                facts.append(_fact(line))
                end += len(line)
        return facts, end

    def settle(self) -> None:
        """The database has everything."""
        if self.size > LARGEST_IDLE_FILE:
            os.ftruncate(self._descriptor, 0)
            self.size = 0

    def close(self, *, settled: bool) -> None:
        """settled: the database has everything, so that there is nothing to keep."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if settled and self._file is not None:
            self._file.unlink(missing_ok=True)


def _fact(line: bytes) -> tuple[int, Fact]:
    number, at, kind, data = line.decode("ascii").split(" ", 3)
    return int(number), Fact.read(kind, datetime.fromisoformat(at), json.loads(data))


def _facts(file: Path, offset: int) -> Iterator[tuple[int, Fact]]:
    """A line that a crash of the machine has damaged is named in the log, and passed over."""
    with file.open("rb") as lines:
        lines.seek(offset)
        for place, line in enumerate(lines, 1):
            try:
                yield _fact(line)
            except (ValueError, TypeError, KeyError) as error:
                log.error("%s line %d is no fact and is passed over: %s", file, place, error)  # noqa: TRY400


def _last_number(file: Path) -> int:
    return max((number for number, _ in _facts(file, 0)), default=0)
