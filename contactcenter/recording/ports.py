"""What keeping recordings needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from contactcenter.ids import CallId


class Kept(NamedTuple):
    """A recording, or voice message, that is there. path: within the recordings folder; key: "" for one that is not encrypted."""

    path: str
    call: CallId
    saved_at: datetime
    key: str


class RecordingBook(Protocol):
    async def saved_before(self, end: datetime, after: Kept | None, limit: int) -> Sequence[Kept]:
        """Those saved before `end`, the oldest first, beginning behind `after`. Raises StoreError."""
        ...
