"""The Phone port on a FastAGI session, with AMI for what AGI can't do: stop a prompt, tell the moment of the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from contactcenter.asterisk import variables
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AgiProblem, AmiProblem, CallerHungUp
from contactcenter.asterisk.translate import TECHNOLOGY, AmiEvents, Dialing, miss
from contactcenter.asterisk.wire import AgiResult
from contactcenter.clock import Clock
from contactcenter.errors import CallerGone
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber, CallId
from contactcenter.phone import TalkEnd

T = TypeVar("T")

ANY_KEY = "0123456789*#"
COMMAND_SECONDS = 10.0
"""For commands that Asterisk does at once."""


class AsteriskTalk:
    """A conversation inside EXEC Dial."""

    def __init__(
        self, agent: AgentNumber, answered_at: datetime, dial: asyncio.Task[AgiResult], line: "AsteriskPhone"
    ) -> None:
        self.agent, self.answered_at = agent, answered_at
        self._dial, self._line = dial, line

    async def ended(self) -> TalkEnd:
        await asyncio.wait([self._dial])
        at = self._line.clock.now()
        by_caller = _hung_up(self._dial) or await self._line.is_hanging_up()
        return TalkEnd(at, "caller" if by_caller else "agent")


class AsteriskPhone:
    """One caller's channel. Close it with `let_go`, which also ends what is under way."""

    def __init__(self, session: AgiSession, ami: AmiClient, events: AmiEvents, clock: Clock) -> None:
        self.call = CallId(session.env["agi_uniqueid"])
        self.clock = clock
        self._session, self._ami, self._events = session, ami, events
        self._channel = session.env["agi_channel"]
        self._language = session.env.get("agi_language", "")
        self.language = self._language
        self._music = self._recording = False
        self._dial: asyncio.Task[AgiResult] | None = None

    @property
    def gone(self) -> bool:
        return self._session.hung_up

    async def is_hanging_up(self) -> bool:
        """Asks Asterisk: after a Dial that the caller ended, AGI's own word of it comes a moment late."""
        try:
            return self.gone or await self._get(variables.HANGING_UP) == "1"
        except CallerGone:
            return True
        except AgiProblem:
            return False

    async def answer(self) -> None:
        await self._do("ANSWER")

    async def play(self, *prompts: str, until: asyncio.Event | None = None) -> None:
        await self._prepare_to_speak()
        for prompt in prompts:
            if until is None:
                await self._do("STREAM FILE", prompt, "", seconds=None)
            elif not until.is_set():
                await self._play_until(prompt, until)

    async def ask_key(self, prompt: str, seconds: float, before: str = "") -> str:
        await self._prepare_to_speak()
        if key := await self._key_during(before) or await self._key_during(prompt):
            return key
        wait = str(round(seconds * 1000))
        return _key(await self._do("WAIT FOR DIGIT", wait, seconds=seconds + COMMAND_SECONDS))

    async def ask_digits(self, prompt: str, seconds: float, most: int, before: str = "") -> str:
        """Keys that come while GET DATA plays end its prompt; so do those that follow one pressed during `before`."""
        await self._prepare_to_speak()
        first = await self._key_during(before)
        if first == "#":
            return ""
        rest = await self._do("GET DATA", prompt, str(round(seconds * 1000)), str(most - len(first)), seconds=None)
        return first + ("" if rest.result == "-1" else rest.result)

    async def _key_during(self, prompt: str) -> str:
        """The key that ended a prompt, "" when it played to its end or there is none."""
        return _key(await self._do("STREAM FILE", prompt, ANY_KEY, seconds=None)) if prompt else ""

    async def music(self, on: bool) -> None:
        if on is not self._music:
            await self._do("SET MUSIC", "ON" if on else "OFF")
            self._music = on

    async def record(self, caller: Path, agent: Path) -> None:
        """`b`: only while bridged; `r`, `t`: each direction of the caller's channel into its file, kept in step."""
        if not self._recording:
            await self._do("EXEC", "MixMonitor", f",br({caller})t({agent})")
            self._recording = True

    async def stop_recording(self) -> None:
        await self._do("EXEC", "StopMixMonitor", "")

    async def ring(
        self, agent: AgentNumber, seconds: float, on_ringing: Callable[[], None]
    ) -> AsteriskTalk | MissReason:
        """Dial with `g` (come back when the agent hangs up) and `m` (music while it rings)."""
        self._refuse_if_gone()
        answered: asyncio.Future[datetime] = asyncio.get_running_loop().create_future()

        def on_answered() -> None:
            if not answered.done():
                answered.set_result(self.clock.now())

        self._music = False
        self._events.dials[self.call] = Dialing(on_ringing, on_answered)
        try:
            self._dial = asyncio.create_task(
                self._session.command("EXEC", "Dial", f"{TECHNOLOGY}{agent},{seconds:g},gm"), name=f"dial {self.call}"
            )
            first: list[asyncio.Future[Any]] = [self._dial, answered]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._events.dials.pop(self.call, None)
        if answered.done():
            return AsteriskTalk(agent, answered.result(), self._dial, self)
        return await self._dialed(agent, self._dial)

    async def unless_gone(self, waited_for: Awaitable[T]) -> T:
        task = asyncio.ensure_future(waited_for)
        hang_up = asyncio.ensure_future(self._session.wait_hung_up())
        try:
            await asyncio.wait([task, hang_up], return_when=asyncio.FIRST_COMPLETED)
            self._refuse_if_gone()
            return task.result()
        finally:
            task.cancel()
            hang_up.cancel()

    async def hang_up(self) -> None:
        await self._set(variables.DONE, "1")
        await self._do("HANGUP")

    async def give_to_fallback(self) -> None:
        await self._set(variables.FALLBACK, "1")

    def let_go(self) -> None:
        if self._dial is not None:
            self._dial.cancel()
        self._session.close()

    # ---- details

    async def _dialed(self, agent: AgentNumber, dial: asyncio.Task[AgiResult]) -> AsteriskTalk | MissReason:
        """A dial that is over before AMI told of an answer: missed, or a talk too short (or AMI away)."""
        _hung_up(dial)
        status = await self._get(variables.DIAL_STATUS)
        if status == "ANSWER":
            length = timedelta(milliseconds=int(await self._get(variables.ANSWERED_MS) or 0))
            return AsteriskTalk(agent, self.clock.now() - length, dial, self)
        self._refuse_if_gone()
        return miss(status, await self._get(variables.HANGUP_CAUSE))

    async def _play_until(self, prompt: str, until: asyncio.Event) -> None:
        playing = asyncio.ensure_future(self._do("CONTROL STREAM FILE", prompt, "", seconds=None))
        interrupted = asyncio.ensure_future(until.wait())
        try:
            await asyncio.wait([playing, interrupted], return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                await self._stop_prompt()
            await playing
        finally:
            interrupted.cancel()
            playing.cancel()

    async def _stop_prompt(self) -> None:
        """A prompt that ended in this very moment, or AMI away: nothing to stop, it plays to its end."""
        try:
            await self._ami.action("ControlPlayback", Channel=self._channel, Control="stop")
        except AmiProblem:
            return

    async def _prepare_to_speak(self) -> None:
        if self.language != self._language:
            await self._set(variables.LANGUAGE, self.language)
            self._language = self.language
        await self.music(on=False)

    async def _set(self, variable: str, value: str) -> None:
        await self._do("SET VARIABLE", variable, value)

    async def _get(self, variable: str) -> str:
        """A channel variable, also of a caller who has hung up."""
        try:
            answer = await self._session.command("GET VARIABLE", variable, timeout=COMMAND_SECONDS, even_if_gone=True)
        except CallerHungUp as error:
            raise CallerGone(str(error)) from None
        return answer.data

    async def _do(self, *words: str, seconds: float | None = COMMAND_SECONDS) -> AgiResult:
        try:
            return await self._session.command(*words, timeout=seconds)
        except CallerHungUp as error:
            raise CallerGone(str(error)) from None

    def _refuse_if_gone(self) -> None:
        if self.gone:
            raise CallerGone("the caller hung up")


def _key(answer: AgiResult) -> str:
    """AGI gives a key as the number of its character, 0 for none."""
    return "" if answer.result in {"0", "-1"} else chr(int(answer.result))


def _hung_up(dial: asyncio.Task[AgiResult]) -> bool:
    """Whether a dial that is over was ended by the caller; also takes note of its error."""
    return dial.cancelled() or isinstance(dial.exception(), CallerHungUp)
