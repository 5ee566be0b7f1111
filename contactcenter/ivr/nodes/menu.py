"""menu: a prompt and a key. Any key ends the prompt; wrong keys and silence ask again, `tries` times in all."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]


class Menu(Node):
    """seconds: how long to wait for a key after the prompt. failed: where a caller goes who pressed none that counts.

    unspoken: keys that the prompt leaves out on purpose.
    """

    step: ClassVar[str] = "ivr"

    type: Literal["menu"]
    prompt: str
    keys: dict[Key, str] = Field(min_length=1)
    failed: str
    seconds: float = Field(default=5, gt=0, le=60)
    tries: int = Field(default=3, ge=1, le=9)
    wrong_key: str = "wrong-key"
    no_key: str = "no-key"
    unspoken: tuple[Key, ...] = ()

    def exits(self) -> list[Exit]:
        return [*(Exit(target, by_key=True, label=key) for key, target in self.keys.items()), *ways(failed=self.failed)]

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return [self.prompt, self.wrong_key, self.no_key]

    async def run(self, walk: Walk) -> str:
        complaint = ""
        for _ in range(self.tries):
            key = await walk.phone.ask_key(self.prompt, self.seconds, before=complaint)
            walk.pressed(key, counts=key in self.keys)
            if key in self.keys:
                return self.keys[key]
            complaint = self.wrong_key if key else self.no_key
        return self.failed
