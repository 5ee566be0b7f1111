"""What a simulated caller will do, and what they heard."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from contactcenter.clock import Clock


@dataclass(frozen=True, slots=True)
class HangUp:
    """When the caller hangs up: `after` seconds into the nth time of a scene.

    scene: "prompt NAME" (while it plays), "keying NAME" (in the silence after it), "music", "ringing" or "ringing AGENT",
    "talking" or "talking AGENT". A scene that is over sooner passes without a hang-up.
    """

    scene: str
    after: float = 0.0
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Press:
    """A key pressed unasked: `after` seconds into the nth time of a scene, as in HangUp."""

    key: str
    scene: str
    after: float = 0.0
    nth: int = 1


@dataclass(frozen=True, slots=True)
class CallerScript:
    """keys: prompt -> what is keyed each time it asks ("" for nothing), key_after seconds into it; afterwards nothing.

    message: seconds that the caller speaks where a message is recorded.
    """

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hang_up: HangUp | None = None
    key_after: float = 1.0
    press: Press | None = None
    message: float = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """what: a prompt's name, "music", "talking AGENT", "recording"; or "ringing AGENT" when that phone began to ring for them.

    cut: a prompt that was stopped before its end.
    """

    at: datetime
    what: str
    cut: bool = False

    def __str__(self) -> str:
        return f"{self.what} (cut)" if self.cut else self.what


class Caller:
    """The person at the other end of a line, or of one line after the other: does what the script plans, or what a test
    tells them, and remembers all they heard.

    What a caller hears is one scene after the other, each over when the next begins; phones ring beside that.
    """

    def __init__(self, script: CallerScript, clock: Clock) -> None:
        self.script = script
        self.log: list[Heard] = []
        self.keys: deque[str] = deque()
        """Pressed and not taken yet."""
        self.pressed = asyncio.Event()
        """Set with each of them."""
        self.hang_up: Callable[[], None] = lambda: None
        """Ends the line that the caller has now."""
        self._clock = clock
        self._sound = asyncio.Event()
        self._wanted: tuple[str, asyncio.Future[str]] | None = None
        self._times: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._plans: dict[str, list[asyncio.TimerHandle]] = {}
        self._keying: asyncio.TimerHandle | None = None

    # ---- what they hear

    def hear(self, what: str) -> int:
        """Its place in the log."""
        self.log.append(Heard(self._clock.now(), what))
        self._sound.set()
        return len(self.log) - 1

    def cut(self, place: int) -> None:
        """What is at that place of the log was stopped before its end."""
        self.log[place] = replace(self.log[place], cut=True)

    async def until_heard(self, what: str) -> Heard:
        """Waits until the caller hears this; at once if it is the last thing they heard."""
        seen = max(0, len(self.log) - 1)
        while True:
            for heard in self.log[seen:]:
                if heard.what == what:
                    return heard
            seen = len(self.log)
            self._sound.clear()
            await self._sound.wait()

    # ---- what they press

    def press(self, keys: str) -> None:
        for key in keys:
            if self._wanted is not None and key in self._wanted[0] and not self._wanted[1].done():
                self._wanted[1].set_result(key)
            else:
                self.keys.append(key)
                self.pressed.set()

    def next_of(self, keys: str) -> "asyncio.Future[str]":
        """The first of these keys from now on, until the future is cancelled. One at a time."""
        wanted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._wanted = (keys, wanted)
        return wanted

    # ---- what they plan

    def enter(self, scene: str) -> None:
        """The empty scene is the end of the conversation, or of the call."""
        kind = scene.partition(" ")[0]
        track = scene if kind == "ringing" else "line"
        for over in list(self._plans) if kind in {"talking", ""} else [track]:
            self.leave(over)
        if self._keying is not None and kind != "keying":  # keys meant for a prompt may come in the silence after it
            self._keying.cancel()
        self._times.update({scene, kind})
        loop, names = asyncio.get_running_loop(), {scene, kind}
        plans = self._plans[track] = []
        if (plan := self.script.hang_up) is not None and plan.scene in names and self._times[plan.scene] == plan.nth:
            plans.append(loop.call_later(plan.after, self.hang_up))
        if (key := self.script.press) is not None and key.scene in names and self._times[key.scene] == key.nth:
            plans.append(loop.call_later(key.after, self.press, key.key))

    def leave(self, scene: str) -> None:
        """A scene is over, of those that go on beside others: "ringing AGENT"."""
        for timer in self._plans.pop(scene, []):
            timer.cancel()

    def ask(self, prompt: str) -> None:
        """A prompt that asks for keys begins to play: what was pressed before is no answer to it."""
        self.keys.clear()
        self.pressed.clear()
        self.enter(f"prompt {prompt}")
        keys = self.script.keys.get(prompt, ())
        turn = self._asked[prompt]
        self._asked[prompt] += 1
        if turn < len(keys) and keys[turn]:
            self._keying = asyncio.get_running_loop().call_later(self.script.key_after, self.press, keys[turn])
