"""identify: who is calling? The number was looked up before the flow; without one that is known, the service code is asked."""

from typing import ClassVar, Literal

from pydantic import Field

from contactcenter.customers.identify import TRIES, CodePrompts, identify
from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways


class Identify(Node):
    """tries: service codes that may be keyed in during one call, wherever it asks; 0 asks for none. The prompts: for the code,
    after a wrong one, and after the last.
    """

    step: ClassVar[str] = "customers"

    type: Literal["identify"]
    known: str
    unknown: str
    tries: int = Field(default=TRIES, ge=0, le=TRIES)
    prompt: str = "enter-service-code"
    wrong: str = "service-code-wrong"
    failed: str = "service-code-failed"

    def exits(self) -> list[Exit]:
        return ways(known=self.known, unknown=self.unknown)

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return [self.prompt, self.wrong, self.failed, "no-key"] if self.tries else []

    async def run(self, walk: Walk) -> str:
        if walk.noted and walk.customer is not None:
            return self.known
        prompts = CodePrompts(self.prompt, self.wrong, self.failed)
        left = range(walk.code_tries + 1, self.tries + 1)
        found = await identify(
            walk.phone,
            walk.customer,
            walk.means.customers,
            walk.note,
            attempts=left,
            prompts=prompts,
            limit=walk.means.codes,
            caller=walk.arrival.caller,
        )
        walk.customer, walk.noted = found.customer, True
        walk.code_tries += found.tried
        if found.keyed:
            walk.alive()
        return self.unknown if found.customer is None else self.known
