"""The Phone port without Asterisk: a caller who does what a script or a test says, and remembers all they heard."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from contactcenter.clock import Clock
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber, CallId
from contactcenter.phone import TalkEnd
from contactcenter.simulator.agents import AgentPhones, Dial, DialOutcome
from contactcenter.simulator.caller import CallerScript, Heard
from contactcenter.simulator.recorder import Tape

T = TypeVar("T")

PROMPT_SECONDS = 2.0
COMMAND_SECONDS = 10.0
"""How long a command waits for a conversation to end, as the real line's do, before it fails."""


class FakeTalk:
    def __init__(self, agent: AgentNumber, answered_at: datetime) -> None:
        self.agent, self.answered_at = agent, answered_at
        self.over: asyncio.Future[TalkEnd] = asyncio.get_running_loop().create_future()

    async def ended(self) -> TalkEnd:
        return await asyncio.shield(self.over)


class FakePhone:
    """One caller's line. ended_by: who ended it, "" while it lasts; `fallback` when it was handed to the on-call phones."""

    def __init__(
        self,
        call: CallId,
        agents: AgentPhones,
        clock: Clock,
        script: CallerScript | None = None,
        *,
        tape: Tape | None = None,
        prompt_seconds: float = PROMPT_SECONDS,
    ) -> None:
        self.call = call
        self.language = ""
        self.log: list[Heard] = []
        self.ended_by = ""
        self.answered = False
        self._agents, self._clock = agents, clock
        self._script = script or CallerScript()
        self._tape, self._prompt_seconds = tape, prompt_seconds
        self._gone, self._key, self._sound = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._keys: deque[str] = deque()
        self._asked: dict[str, int] = {}
        self._scenes = 0
        self._hang_up_timer: asyncio.TimerHandle | None = None
        self._key_timer: asyncio.TimerHandle | None = None
        self._music = False
        self._parts: tuple[Path, Path] | None = None
        self._dial: Dial | None = None
        self._talk: FakeTalk | None = None
        self._watch: asyncio.Task[None] | None = None

    # ---- what the caller does, and heard

    @property
    def heard(self) -> list[str]:
        """Everything in order, as text: ["welcome", "music", "ringing 1001", ...]."""
        return [str(heard) for heard in self.log]

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

    def hangs_up(self) -> None:
        self._end("caller")

    def presses(self, keys: str) -> None:
        self._keys.extend(keys)
        self._key.set()

    # ---- the port

    async def answer(self) -> None:
        await self._command()
        self.answered = True

    async def play(self, *prompts: str, until: asyncio.Event | None = None) -> None:
        await self._command()
        self._music = False
        for prompt in prompts:
            if until is not None and until.is_set():
                return
            self._hear(prompt)
            self._enter(f"prompt {prompt}")
            if await self._wait(self._prompt_seconds, until):
                self._cut()

    async def ask_key(self, prompt: str, seconds: float, before: str = "") -> str:
        await self._ask_both(before, prompt)
        if not self._keys:
            self._enter(f"keying {prompt}")
            await self._wait(seconds, self._key)
        return self._keys.popleft() if self._keys else ""

    async def ask_digits(self, prompt: str, seconds: float, most: int, before: str = "") -> str:
        await self._ask_both(before, prompt)
        self._enter(f"keying {prompt}")
        digits = ""
        while len(digits) < most:
            if not self._keys:
                self._key.clear()
                if not await self._wait(seconds, self._key):
                    break
            key = self._keys.popleft()
            if key == "#":
                break
            digits += key
        return digits

    async def music(self, on: bool) -> None:
        await self._command()
        if on and not self._music:
            self._hear("music")
            self._enter("music")
        self._music = on

    async def record(self, caller: Path, agent: Path) -> None:
        await self._command()
        if self._parts is None:
            self._parts = (caller, agent)

    async def stop_recording(self) -> None:
        await self._command()
        self._parts = None

    async def ring(self, agent: AgentNumber, seconds: float, on_ringing: Callable[[], None]) -> FakeTalk | MissReason:
        await self._command()
        self._music = False

        def rings() -> None:
            self._hear(f"ringing {agent}")
            self._enter(f"ringing {agent}")
            on_ringing()

        self._dial = dial = self._agents.dial(agent, seconds, rings)
        outcome: DialOutcome | None = None
        try:
            await self._first(dial.outcome, self._gone)
            outcome = dial.outcome.result() if dial.outcome.done() else None
        finally:
            if outcome != "answered":
                dial.end()
        if outcome == "answered":
            return self._begin_talk(dial)
        self._refuse_if_gone()
        return outcome or "failed"

    async def unless_gone(self, waited_for: Awaitable[T]) -> T:
        task = asyncio.ensure_future(waited_for)
        try:
            await self._first(task, self._gone)
            self._refuse_if_gone()
            return task.result()
        finally:
            task.cancel()

    async def hang_up(self) -> None:
        await self._command()
        self._end("center")

    async def give_to_fallback(self) -> None:
        await self._command()
        self._hear("fallback")
        self.ended_by = "fallback"

    def let_go(self) -> None:
        self._end(self.ended_by or "center")
        if self._watch is not None:
            self._watch.cancel()

    # ---- the conversation

    def _begin_talk(self, dial: Dial) -> FakeTalk:
        talk = self._talk = FakeTalk(dial.agent, self._clock.now())
        self._hear(f"talking {dial.agent}")
        if self._gone.is_set():
            self._end_talk("caller")
        else:
            self._enter(f"talking {dial.agent}")
            self._watch = asyncio.ensure_future(self._watch_agent(dial))
        return talk

    async def _watch_agent(self, dial: Dial) -> None:
        await dial.agent_hung_up.wait()
        self._end_talk("agent")

    def _end_talk(self, by: str) -> None:
        talk, dial = self._talk, self._dial
        if talk is None or dial is None or talk.over.done():
            return
        now = self._clock.now()
        talk.over.set_result(TalkEnd(now, "caller" if by == "caller" else "agent" if by == "agent" else "system"))
        self._enter("")
        dial.end()
        if self._parts is not None and self._tape is not None:
            self._tape(*self._parts, (now - talk.answered_at).total_seconds())

    def _end(self, by: str) -> None:
        if self._gone.is_set():
            return
        self.ended_by = by
        self._gone.set()
        self._enter("")
        self._end_talk(by)

    # ---- details

    async def _command(self) -> None:
        """One command at a time: during a conversation a command waits for its end, and fails if that does not come soon."""
        self._refuse_if_gone()
        if self._talk is not None and not self._talk.over.done():
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    await self._talk.ended()
            except TimeoutError:
                raise ContactCenterError(f"call {self.call}: a command was not done in {COMMAND_SECONDS} s") from None
            self._refuse_if_gone()

    async def _ask_both(self, before: str, prompt: str) -> None:
        if before:
            await self._ask(before)
        if not before or not self._keys:
            await self._ask(prompt)

    async def _ask(self, prompt: str) -> None:
        """Plays a prompt that any key ends; the script's keys for it come meanwhile."""
        await self._command()
        self._music = False
        self._keys.clear()
        self._key.clear()
        turn = self._asked.get(prompt, 0)
        self._asked[prompt] = turn + 1
        self._hear(prompt)
        self._enter(f"prompt {prompt}")
        keys = self._script.keys.get(prompt, ())
        if turn < len(keys) and keys[turn]:
            loop = asyncio.get_running_loop()
            self._key_timer = loop.call_later(self._script.key_after, self.presses, keys[turn])
        if await self._wait(self._prompt_seconds, self._key):
            self._cut()

    def _hear(self, what: str) -> None:
        self.log.append(Heard(self._clock.now(), what))
        self._sound.set()

    def _cut(self) -> None:
        self.log[-1] = replace(self.log[-1], cut=True)

    def _enter(self, scene: str) -> None:
        """A scene begins, the one before is over; the script may say that the caller hangs up in this one."""
        kind = scene.partition(" ")[0]
        if self._hang_up_timer is not None:
            self._hang_up_timer.cancel()
        if self._key_timer is not None and kind != "keying":  # keys meant for a prompt may come in the silence after it
            self._key_timer.cancel()
        plan = self._script.hang_up
        if plan is None or plan.scene not in {scene, kind}:
            return
        self._scenes += 1
        if self._scenes == plan.nth:
            self._hang_up_timer = asyncio.get_running_loop().call_later(plan.after, self.hangs_up)

    async def _wait(self, seconds: float, event: asyncio.Event | None = None) -> bool:
        """Whether the event came within that time. Raises CallerGone."""
        events = [self._gone] if event is None else [self._gone, event]
        await self._first(asyncio.sleep(seconds), *events)
        self._refuse_if_gone()
        return event is not None and event.is_set()

    @staticmethod
    async def _first(what: Awaitable[object], *events: asyncio.Event) -> None:
        """Waits for whichever comes first. A future that was handed in is left as it is."""
        waited = asyncio.ensure_future(what)
        others = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait([waited, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in others if waited is what else [waited, *others]:
                task.cancel()

    def _refuse_if_gone(self) -> None:
        if self._gone.is_set():
            raise CallerGone("the caller hung up")
