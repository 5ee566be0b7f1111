"""hours: is a calendar open at this moment?"""

from typing import ClassVar, Literal

from contactcenter.hours.opening import are_we_open
from contactcenter.ivr.nodes.base import Exit, Node, Uses, Walk, ways


class Hours(Node):
    """calendar: the hotline's own without a word."""

    step: ClassVar[str] = "hours"

    type: Literal["hours"]
    open: str
    closed: str
    calendar: str | None = None

    def exits(self) -> list[Exit]:
        return ways(open=self.open, closed=self.closed)

    def uses(self) -> list[Uses]:
        return [Uses("calendar", self.calendar, "calendar")] if self.calendar else []

    async def run(self, walk: Walk) -> str:
        means = walk.means
        walk.open = are_we_open(means.calendars[self.calendar or means.calendar], walk.note)
        if not walk.open:
            return self.closed
        walk.step = "customers"  # what is said from here on is said to somebody who will be served
        return self.open
