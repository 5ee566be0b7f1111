"""The configuration in memory, with the semantics of store/configuration.py."""

from dataclasses import replace
from datetime import datetime

from contactcenter.changes import Author, Change, Item
from contactcenter.configuration.difference import difference
from contactcenter.configuration.models import Check, Configuration, Operation


class MemoryBook:
    """Implements center.ConfigurationBook; `changes` is the audit log."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.changes: list[Change] = []

    async def load(self) -> Configuration:
        return self._configuration

    async def change(
        self, operation: Operation, check: Check, author: Author, at: datetime
    ) -> tuple[Configuration, tuple[Item, ...]]:
        before = self._configuration
        after = operation(before)
        if items := difference(before, after):
            check(before, after)
            self._configuration = replace(after, revision=before.revision + 1)
            self.changes.append(Change(len(self.changes) + 1, at, author, items))
        return self._configuration, items
