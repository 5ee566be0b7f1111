"""The Phone port without Asterisk: a caller who does what a script or a test says, and remembers all they heard."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from contactcenter.acd.inputs import OfferFailed
from contactcenter.clock import Clock
from contactcenter.errors import CallerGone, ContactCenterError
from contactcenter.events import MissReason, Party
from contactcenter.ids import AgentNumber, CallId
from contactcenter.phone import TalkEnd
from contactcenter.simulator.agents import AgentPhones, Line
from contactcenter.simulator.caller import Caller, CallerScript, Heard
from contactcenter.simulator.recorder import Tape
from contactcenter.simulator.talk import FakeTalk

T = TypeVar("T")

PROMPT_SECONDS = 2.0
COMMAND_SECONDS = 10.0
"""How long a command waits for a conversation to end, as the real line's do, before it fails."""


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
        self.ended_by = ""
        self.answered = False
        self._agents, self._clock = agents, clock
        self._tape, self._prompt_seconds = tape, prompt_seconds
        self._gone = asyncio.Event()
        self._music = False
        self._parts: tuple[Path, Path] | None = None
        self._recorded_seconds = 0.0
        self._line: Line | None = None
        self._talk: FakeTalk | None = None
        self._belongs_to(Caller(script or CallerScript(), clock))
        agents.watch(call, self._rings)

    # ---- what the caller does, and heard

    @property
    def log(self) -> list[Heard]:
        return self._caller.log

    @property
    def heard(self) -> list[str]:
        """Everything in order, as text: ["welcome", "music", "ringing 1001", ...]."""
        return [str(heard) for heard in self.log]

    async def until_heard(self, what: str) -> Heard:
        """Waits until the caller hears this; at once if it is the last thing they heard."""
        return await self._caller.until_heard(what)

    def hangs_up(self) -> None:
        self._end("caller")

    def presses(self, keys: str) -> None:
        self._caller.press(keys)

    def handed_over(self) -> "FakePhone":
        """The same caller on a line that distribution takes up again; what was heard so far is kept."""
        line = FakePhone(self.call, self._agents, self._clock, tape=self._tape, prompt_seconds=self._prompt_seconds)
        line.answered, line._parts, line._recorded_seconds = True, self._parts, self._recorded_seconds
        line._belongs_to(self._caller)
        return line

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
            self._caller.enter(f"prompt {prompt}")
            await self._listen(prompt, until)

    async def ask_key(self, prompt: str, seconds: float, before: str = "") -> str:
        await self._ask_both(before, prompt)
        if not self._caller.keys:
            self._caller.enter(f"keying {prompt}")
            await self._wait(seconds, self._caller.pressed)
        return self._caller.keys.popleft() if self._caller.keys else ""

    async def ask_digits(self, prompt: str, seconds: float, most: int, before: str = "") -> str:
        await self._ask_both(before, prompt)
        self._caller.enter(f"keying {prompt}")
        digits = ""
        while len(digits) < most:
            if not self._caller.keys:
                self._caller.pressed.clear()
                if not await self._wait(seconds, self._caller.pressed):
                    break
            key = self._caller.keys.popleft()
            if key == "#":
                break
            digits += key
        return digits

    async def music(self, on: bool) -> None:
        await self._command()
        if on and not self._music:
            self._caller.hear("music")
            self._caller.enter("music")
        self._music = on

    async def record(self, caller: Path, agent: Path) -> None:
        await self._command()
        if self._parts is None:
            self._parts = (caller, agent)

    async def stop_recording(self) -> None:
        await self._command()
        self._parts = None

    async def connect(self, call: CallId, agent: AgentNumber, attempt: int) -> FakeTalk | None:
        await self._command()
        line = self._agents.line(call, agent, attempt)
        return self._begin_talk(line) if line is not None else None

    async def dial(self, number: str, seconds: float) -> FakeTalk | MissReason:
        await self._command()
        self._music = False
        line, outcome = self._agents.dial(self.call, number, seconds)
        try:
            event = await self.unless_gone(outcome)
        except (CallerGone, asyncio.CancelledError):
            line.end()
            raise
        return event.reason if isinstance(event, OfferFailed) else self._begin_talk(line) or "failed"

    async def wait_key(self, keys: str) -> str:
        return await self.unless_gone(self._caller.next_of(keys))

    async def take_message(self, file: Path, seconds: float) -> float:
        await self._command()
        self._music = False
        self._caller.hear("recording")
        self._caller.enter("recording")
        began = self._clock.now()
        try:
            async with asyncio.timeout(min(seconds, self._caller.script.message)):
                await self.wait_key("#")
        except TimeoutError:
            pass
        finally:
            spoken = (self._clock.now() - began).total_seconds()
            if spoken and self._tape is not None:
                self._tape(file, file, spoken)
        return spoken

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
        self._caller.hear("fallback")
        self.ended_by = "fallback"
        self._parts = None

    def let_go(self) -> None:
        self._end(self.ended_by or "center")

    # ---- the conversation

    def _belongs_to(self, caller: Caller) -> None:
        self._caller, caller.hang_up = caller, self.hangs_up

    def _rings(self, agent: AgentNumber, ringing: bool) -> None:
        if ringing:
            self._caller.hear(f"ringing {agent}")
            self._caller.enter(f"ringing {agent}")
        else:
            self._caller.leave(f"ringing {agent}")

    def _begin_talk(self, line: Line) -> FakeTalk | None:
        """None when nobody is there any more."""
        if not line.connect(lambda: self._end_talk("agent")):
            return None
        agent = line.offer.agent
        self._line, self._music = line, False
        self._talk = FakeTalk(agent, self._clock.now(), recorded=self._parts is not None)
        self._caller.hear(f"talking {agent}")
        self._caller.enter(f"talking {agent}")
        return self._talk

    def _end_talk(self, by: Party) -> None:
        talk, line = self._talk, self._line
        if talk is None or line is None or talk.over.done():
            return
        now = self._clock.now()
        talk.over.set_result(TalkEnd(now, by, line.transferred_to))
        self._caller.enter("")
        line.end()
        if self._parts is not None and self._tape is not None:
            self._recorded_seconds += (now - talk.answered_at).total_seconds()
            self._tape(*self._parts, self._recorded_seconds)
        if line.transferred_to:
            self._lose()

    def _end(self, by: str) -> None:
        if self._gone.is_set():
            return
        self.ended_by = by
        self._lose()
        self._caller.enter("")
        self._end_talk("caller" if by == "caller" else "system")

    def _lose(self) -> None:
        """There is no caller on this line any more."""
        self._gone.set()
        self._agents.unwatch(self.call)

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
        if not before or not self._caller.keys:
            await self._ask(prompt)

    async def _ask(self, prompt: str) -> None:
        """Plays a prompt that any key ends; the script's keys for it come meanwhile."""
        await self._command()
        self._music = False
        self._caller.ask(prompt)
        await self._listen(prompt, self._caller.pressed)

    async def _listen(self, prompt: str, until: asyncio.Event | None) -> None:
        """To the end of a prompt, or until the event."""
        place = self._caller.hear(prompt)
        if await self._wait(self._prompt_seconds, until):
            self._caller.cut(place)

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
