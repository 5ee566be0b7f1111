"""Facts that the database has not taken yet: in order, bounded in memory, all of them on disk."""

import threading

from contactcenter.events import Fact
from contactcenter.store.spool import Numbered, Spool

MOST_IN_MEMORY = 20_000
"""Facts; while more of them wait for the database, they are on disk alone."""


class Backlog:
    """Filled on the event loop, emptied by the writer's thread.

    spool: None for a process that ends in order; then everything is in memory.
    """

    def __init__(self, spool: Spool | None = None) -> None:
        self._spool = spool
        self._in_memory: list[Numbered] = []
        self._behind: int | None = None
        """Where in the spool the facts begin that are not in memory."""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            if self._behind is None or self._spool is None or not self._in_memory:
                return len(self._in_memory)
            return self._spool.last - (self._in_memory[0][0] or 0) + 1

    @property
    def empty(self) -> bool:
        return not self._in_memory and self._behind is None

    def take_on(self, written: int) -> list[Numbered]:
        """What earlier processes left, where the database has everything up to the number `written`. Before anything is added."""
        if self._spool is not None:
            self._in_memory = self._spool.earlier(written)
        return self._in_memory

    def add(self, fact: Fact) -> tuple[str, str] | None:
        """On disk and in memory, as far as that goes; what a person must look at: a short name, and one line."""
        wrong: tuple[str, str] | None = None
        with self._lock:
            number: int | None = None
            if self._spool is not None:
                try:
                    number = self._spool.append(fact)
                except OSError as error:
                    number = self._spool.last
                    wrong = "facts_in_memory_only", f"facts can't be written to disk: {error.strerror or error}"
            if self._behind is None:
                self._in_memory.append((number, fact))
                if self._spool is not None and len(self._in_memory) >= MOST_IN_MEMORY:
                    self._behind = self._spool.size
            elif wrong is not None:
                wrong = "facts_lost", "neither the database nor the disk takes facts, and memory is full"
        return wrong

    def first(self) -> list[Numbered]:
        """Those in memory, oldest first."""
        return self._in_memory.copy()

    def remove(self, count: int) -> None:
        """So many of the first are in the database. Those that are on disk alone take their place in memory."""
        with self._lock:
            del self._in_memory[:count]
        if self._spool is None:
            return
        while self._behind is not None and len(self._in_memory) < MOST_IN_MEMORY // 2:
            facts, self._behind = self._spool.read(self._behind)
            with self._lock:
                self._in_memory += facts
                if self._behind == self._spool.size:
                    self._behind = None
        with self._lock:
            first = (self._in_memory[0][0] if self._in_memory else None) or self._spool.last + 1
            if not self._in_memory:
                self._spool.settle()
        if first > self._spool.last_of_earlier:
            self._spool.forget_earlier()

    def close(self) -> None:
        """Nothing is kept on disk that the database has."""
        if self._spool is not None:
            self._spool.close(settled=self.empty)
