"""The Phone port on a FastAGI session, with AMI for what AGI can't do: stop a prompt, hear keys while something plays, tell
the moment of an answer.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from contactcenter.asterisk import causes, variables
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.errors import AmiProblem, CallerHungUp
from contactcenter.asterisk.exchange import Exchange
from contactcenter.asterisk.talk import AsteriskTalk, hung_up
from contactcenter.asterisk.translate import miss
from contactcenter.asterisk.wire import AgiResult
from contactcenter.errors import CallerGone, LineLost
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber, CallId

T = TypeVar("T")

ANY_KEY = "0123456789*#"
COMMAND_SECONDS = 10.0
"""For commands that Asterisk does at once."""
BRIDGE_SECONDS = 2.0
"""A Bridge that has neither failed nor been reported by AMI after so long holds."""
MESSAGE_SILENCE = 5
"""Seconds of silence that end a message."""
SAMPLES = 8000


class AsteriskPhone:
    """One caller's channel. Close it with `let_go`, which also ends what is under way."""

    def __init__(self, session: AgiSession, exchange: Exchange) -> None:
        self.call = CallId(session.env["agi_uniqueid"])
        self._session, self._clock, self._addresses = session, exchange.clock, exchange.addresses
        self._outbound = exchange.outbound
        self._ami, self._events, self._lines = exchange.ami, exchange.events, exchange.lines
        self._hotline = "".join(filter(str.isdigit, session.env.get("agi_arg_1", "")))
        self._channel, self._channel_id = session.env["agi_channel"], session.env["agi_uniqueid"]
        self._language = session.env.get("agi_language", "")
        self.language = self._language
        again = session.env.get("agi_arg_4", "0") != "0"
        self._music: bool | None = None if again else False
        """None: not known, of a call that another controller had."""
        self._recording, self._recorded = False, again
        self._talking: asyncio.Task[AgiResult] | None = None
        self.released = asyncio.Event()
        """Set by let_go."""
        self.on_release: Callable[[], None] = lambda: None

    @property
    def gone(self) -> bool:
        return self._session.hung_up

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
        """`b`: only while bridged; `r`, `t`: each direction of the caller's channel into its file, kept in step; `a`: after what
        is in it. A MixMonitor does not outlast the bridge it began with.
        """
        if not self._recording:
            append = "a" if self._recorded else ""
            await self._do("EXEC", "MixMonitor", f",{append}br({caller})t({agent})")
            self._recorded = True
            self._recording = True

    async def stop_recording(self) -> None:
        await self._do("EXEC", "StopMixMonitor", "")
        self._recording = False

    async def connect(self, call: CallId, agent: AgentNumber, attempt: int) -> AsteriskTalk | None:
        """Bridge with `x`: the agent's channel has nothing more to do when the conversation is over."""
        self._refuse_if_gone()
        line = self._lines.line_of(call, agent, attempt)
        if line is None or not line.channel:
            return None
        await self.music(on=False)
        connected = asyncio.ensure_future(line.connected.wait())
        try:
            running = self._begin("Bridge", f"{line.channel},x")
            await asyncio.wait([running, connected], timeout=BRIDGE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connected.cancel()
        if not line.connected.is_set() and running.done():
            if hung_up(running):
                raise self._gone("the caller hung up before the agent was connected")
            if await self._get(variables.BRIDGE_RESULT) != "SUCCESS":
                return None
        return self._talk(agent, self._clock.now(), running)

    async def dial(self, number: str, seconds: float) -> AsteriskTalk | MissReason:
        """Dial with `g` (come back when the other end hangs up), `m` (music while it rings), and `f`: the phone shows the
        hotline, as no provider lets us show a number that is not ours. A trunk that can't take the call leaves it to the
        next one. Raises BadInput, OutboundRefused.
        """
        over = self._outbound.begin(number)
        with contextlib.ExitStack() as stack:
            stack.callback(over)
            talk = await self._dial_over_trunks(number, seconds)
            if not isinstance(talk, str):
                stack.pop_all()
                talk.when_over(over)
        return talk

    async def _dial_over_trunks(self, number: str, seconds: float) -> AsteriskTalk | MissReason:
        *others, last = self._addresses(number)
        for where in others:
            talk = await self._dial(where, number, seconds)
            if not isinstance(talk, str) or not await self._trunk_failed():
                return talk
            await self._do("EXEC", "HangupCauseClear", "")
        return await self._dial(last, number, seconds)

    async def _dial(self, where: str, number: str, seconds: float) -> AsteriskTalk | MissReason:
        self._refuse_if_gone()
        answered: asyncio.Future[datetime] = asyncio.get_running_loop().create_future()

        def on_answered() -> None:
            if not answered.done():
                answered.set_result(self._clock.now())

        self._music = False
        self._events.answers[self._channel_id] = on_answered
        try:
            running = self._begin("Dial", f"{where},{seconds:g},gmf({self._hotline})")
            first: list[asyncio.Future[Any]] = [running, answered]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._events.answers.pop(self._channel_id, None)
        if answered.done():
            return self._talk(AgentNumber(number), answered.result(), running)
        return await self._dialed(AgentNumber(number), running)

    async def wait_key(self, keys: str) -> str:
        pressed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_key(key: str) -> None:
            if key in keys and not pressed.done():
                pressed.set_result(key)

        self._events.keys[self._channel_id] = on_key
        try:
            return await self.unless_gone(pressed)
        finally:
            self._events.keys.pop(self._channel_id, None)

    async def take_message(self, file: Path, seconds: float) -> float:
        """The silence that ends a message is not part of it, but for a second that Asterisk leaves."""
        await self.play("beep")
        what = (str(file.with_suffix("")), "wav", "#", str(round(seconds * 1000)), f"s={MESSAGE_SILENCE}")
        answer = await self._do("RECORD FILE", *what, seconds=seconds + COMMAND_SECONDS)
        return int(answer.extra.get("endpos", "0")) / SAMPLES

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
        await self.stop_recording()

    def let_go(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
        self._session.close()
        if not self.released.is_set():
            self.released.set()
            self.on_release()

    # ---- details

    def _begin(self, application: str, arguments: str) -> asyncio.Task[AgiResult]:
        """A command that lasts as long as a conversation; let_go ends our waiting for it."""
        command = self._session.command("EXEC", application, arguments)
        self._talking = asyncio.create_task(command, name=f"{application} {self.call}")
        return self._talking

    def _talk(self, agent: AgentNumber, answered_at: datetime, running: asyncio.Task[AgiResult]) -> AsteriskTalk:
        return AsteriskTalk(agent, answered_at, running, self._session, self._clock, recorded=self._recording)

    async def _dialed(self, number: AgentNumber, dial: asyncio.Task[AgiResult]) -> AsteriskTalk | MissReason:
        """A dial that is over before AMI told of an answer: missed, or a talk too short (or AMI away)."""
        hung_up(dial)
        status = await self._get(variables.DIAL_STATUS)
        if status == "ANSWER":
            length = timedelta(milliseconds=int(await self._get(variables.ANSWERED_MS) or 0))
            return self._talk(number, self._clock.now() - length, dial)
        self._refuse_if_gone()
        return miss(status, await self._get(variables.HANGUP_CAUSE))

    async def _trunk_failed(self) -> bool:
        cause = await self._get(variables.HANGUP_CAUSE)
        answer = await self._do("GET FULL VARIABLE", variables.SIP_CAUSE)
        return causes.trunk_failed(cause, causes.sip_status(answer.data))

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
            raise self._gone(str(error)) from None
        return answer.data

    async def _do(self, *words: str, seconds: float | None = COMMAND_SECONDS) -> AgiResult:
        try:
            return await self._session.command(*words, timeout=seconds)
        except CallerHungUp as error:
            raise self._gone(str(error)) from None

    def _refuse_if_gone(self) -> None:
        if self.gone:
            raise self._gone("the caller hung up")

    def _gone(self, why: str) -> CallerGone:
        return LineLost("the way to Asterisk is lost") if self._session.lost else CallerGone(why)


def _key(answer: AgiResult) -> str:
    """AGI gives a key as the number of its character, 0 for none."""
    return "" if answer.result in {"0", "-1"} else chr(int(answer.result))
