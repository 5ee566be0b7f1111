"""Moments, as people type them."""

from datetime import datetime

from contactcenter.errors import BadInput


def parse_moment(text: str) -> datetime:
    """A wall clock's time. Raises BadInput."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise BadInput(f'{text!r} is no moment. Write it like "2026-12-31 18:05".') from None
