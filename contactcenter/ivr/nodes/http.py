"""http: looks something up in the dealer's CRM, and takes values out of its JSON answer. Whatever goes wrong, the call goes on."""

import asyncio
import json
import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, StringConstraints, field_validator

from contactcenter.errors import LookupFailed
from contactcenter.events import HttpLookedUp
from contactcenter.ivr.nodes.base import Exit, Node, Variable, Walk, ways
from contactcenter.ivr.ports import Request
from contactcenter.ivr.walk import KNOWN, VARIABLE, variables

Path = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+){0,9}$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,1000}$")]


class Http(Node):
    """url: https or http, with {variables} after the host, each percent-encoded. body: sent as JSON by POST.

    into: variable -> where its value stands in the answer, as names and positions with dots: account.balance, items.0.name.
    failed: the way when there is no answer in `seconds`, a wrong one, or one that lacks what is wanted.
    """

    step: ClassVar[str] = "ivr"

    type: Literal["http"]
    url: Annotated[str, StringConstraints(max_length=1000)]
    next: str
    failed: str
    method: Literal["GET", "POST"] = "GET"
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: dict[str, str] | None = None
    into: dict[Variable, Path] = Field(default_factory=dict)
    seconds: float = Field(default=2, gt=0, le=10)

    @field_validator("url")
    @classmethod
    def _to_one_host(cls, url: str) -> str:
        """What a caller keys in may change what is asked, never who is asked."""
        place = re.match(r"https?://([^/?#{}\s@]+)(?=[/?#]|$)", url)
        if place is None or not urlsplit(place[0]).hostname:
            raise ValueError("it has to begin with http:// or https:// and a host without variables")
        if re.search(r"[\x00-\x20\x7f]", url):
            raise ValueError("there may be no spaces in it")
        if left := re.search(r"[{}]", VARIABLE.sub("", url)):
            raise ValueError(f"there is a {left[0]} that belongs to no variable, which are written as {{caller}}")
        return url

    @field_validator("into")
    @classmethod
    def _not_known(cls, into: dict[str, str]) -> dict[str, str]:
        if taken := KNOWN & into.keys():
            raise ValueError(f"{min(taken)} belongs to the call and can't be set")
        return into

    def exits(self) -> list[Exit]:
        return ways(next=self.next, failed=self.failed)

    def reads(self) -> set[str]:
        return {name for text in (self.url, *(self.body or {}).values()) for name in variables(text)}

    def sets(self) -> set[str]:
        return set(self.into)

    async def run(self, walk: Walk) -> str:
        clock, why = asyncio.get_running_loop().time, ""
        began = clock()
        try:
            answer = await walk.phone.unless_gone(walk.means.lookup.ask(self._request(walk)))
            found = {name: _taken(answer, path) for name, path in self.into.items()}
        except LookupFailed as error:
            why = str(error)
        seconds = round(clock() - began, 3)
        walk.note(HttpLookedUp, flow=walk.flow, node=walk.node, seconds=seconds, ok=not why, why=why)
        if why:
            return self.failed
        for name, value in found.items():
            walk.keep(name, value)
        return self.next

    def _request(self, walk: Walk) -> Request:
        body = None if self.body is None else {name: walk.fill(text) for name, text in self.body.items()}
        url = VARIABLE.sub(lambda found: _encoded(walk.value(found[1])), self.url)
        return Request(url, self.method, self.headers, body, self.seconds)


def _encoded(value: str) -> str:
    """Percent-encoded; dots alone would lead to another path."""
    if value and not value.strip("."):
        raise LookupFailed("a variable in the address is nothing but dots")
    return quote(value, safe="")


def _taken(answer: object, path: str) -> str:
    """A plain value out of the answer, as text. Raises LookupFailed."""
    for part in path.split("."):
        if isinstance(answer, dict) and part in answer:
            answer = answer[part]
        elif isinstance(answer, list) and part.isdecimal() and int(part[:9]) < len(answer):
            answer = answer[int(part[:9])]
        else:
            raise LookupFailed(f"the answer has no {path}")
    if isinstance(answer, dict | list) or answer is None:
        raise LookupFailed(f"{path} is no plain value in the answer")
    return answer if isinstance(answer, str) else json.dumps(answer)
