"""What flows need from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the dealer's CRM. url: http or https, complete and encoded; seconds: for the whole of it.

    body: sent as JSON, None for nothing. headers and url may hold secrets: they are never written down.
    """

    url: str = field(repr=False)
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, str] | None = field(default=None, repr=False)
    seconds: float = 2.0


class Lookup(Protocol):
    async def ask(self, request: Request) -> object:
        """The JSON of the answer. Raises LookupFailed, whatever goes wrong."""
        ...
