"""service: is the service paid for? Callers who are known hear it when something is amiss."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from contactcenter.customers.service import check_service
from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways

STATES = ("active", "expiring", "expired", "none")


class Service(Node):
    """active, expiring, expired, none: the way of callers whose service period is that; otherwise: of all the others.

    say: whether a known caller hears that it is expiring, expired, or that there is none.
    """

    step: ClassVar[str] = "customers"

    type: Literal["service"]
    active: str | None = None
    expiring: str | None = None
    expired: str | None = None
    none: str | None = None
    otherwise: str | None = None
    say: bool = True

    @model_validator(mode="after")
    def _all_go_somewhere(self) -> Self:
        missing = [state for state in STATES if getattr(self, state) is None]
        if missing and self.otherwise is None:
            raise ValueError(f"nothing is said of {', '.join(missing)}; add otherwise")
        return self

    def exits(self) -> list[Exit]:
        return ways(
            active=self.active, expiring=self.expiring, expired=self.expired, none=self.none, otherwise=self.otherwise
        )

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return [f"service-{state}" for state in STATES[1:]] if self.say else []

    async def run(self, walk: Walk) -> str:
        service = await check_service(walk.phone, walk.customer, walk.service, walk.note, say=self.say)
        way = getattr(self, service) or self.otherwise
        return str(way)
