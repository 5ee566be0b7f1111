"""What is watched from outside this package."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from contactcenter.events import AlarmRaised


class Connection(Protocol):
    """The connection to Asterisk."""

    @property
    def connected(self) -> bool: ...

    @property
    def roundtrip(self) -> float | None:
        """Seconds that the last sign of life took; None before the first."""
        ...


class Facts(Protocol):
    """The writer of facts."""

    on_commit: Callable[[float], None]
    """Told, in whatever thread, how many seconds a group took to be committed."""

    @property
    def waiting(self) -> int:
        """How many facts are not committed yet."""
        ...

    @property
    def failing(self) -> str:
        """Why the last group could not be committed; "" when it was."""
        ...


class AlarmHistory(Protocol):
    async def untold(self, since: datetime, before: datetime) -> list[AlarmRaised]:
        """The alarms of that time that no AlarmsTold tells of, the oldest first. Raises StoreError."""
        ...


class Database(Protocol):
    async def check_writable(self) -> None:
        """Raises StoreError when nothing can be written."""
        ...
