"""A call that Asterisk has handed to us over FastAGI: one command at a time. See agi_server.py for how it comes to us.

What Asterisk 22.10 does, seen and relied on here: a hang-up during a command gives the command's answer first ("result=-1",
or "result=0" from EXEC Dial) and the line HANGUP up to 45 ms later; the session then lives on until we close it, and
commands that need the channel get 511. A line of more than 8191 bytes becomes two commands, and of two commands sent in
advance the second is lost: so lines are bounded, and a command waits until the one before it is answered.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from panoramisk.fast_agi import Request

from contactcenter.asterisk.errors import AgiCommandFailed, AgiTimeout, CallerHungUp
from contactcenter.asterisk.wire import AgiResult, AnswerReader, command_line

__all__ = ["AgiResult", "AgiSession"]

ANSWER_AFTER_HANGUP = 2.0  # seconds in which a command in progress may still get its own answer
HANGUP_AFTER_FAILURE = 0.25  # seconds in which HANGUP follows a "result=-1" that a hang-up has caused
_DEAD_CHANNEL = 511


class _Exchange(Request):  # type: ignore[misc]  # panoramisk has no types
    """One command and its answer. The session's reader tells answers from HANGUP; this one only waits for its own.

    The `reader` of panoramisk's request is the future of the answer; None in it means that none will come.
    """

    async def _read_result(self) -> dict[str, Any]:
        return {"answer": await self.reader}


class _Writer:
    """The half of a StreamWriter that panoramisk uses. There is nothing to drain: a command waits for the answer to the one
    before, so no more than one is ever unsent.
    """

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self.write = transport.write

    async def drain(self) -> None:
        pass


class AgiSession:
    """One call in our hands.

    env: Asterisk's agi_* variables under their whole names. path and query: the two parts of the requested URL, so that
    "agi://host/call?who=+86138" gives "call" and {"who": "+86138"}.
    """

    def __init__(self, env: Mapping[str, str], transport: asyncio.Transport) -> None:
        self.env: Mapping[str, str] = MappingProxyType(dict(env))
        path, _, query = env.get("agi_network_script", "").partition("?")
        self.path = path.strip("/")
        # Not parse_qsl: Asterisk does not encode, and a "+" is the beginning of a number.
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        self.query: dict[str, str] = {unquote(name): unquote(value) for name, _, value in pairs}
        self._transport = transport
        self._writer = _Writer(transport)
        self._answers = AnswerReader()
        self._hung_up = asyncio.Event()
        self._ended = self._closed = False
        self.lost = False
        """The session ended without a hang-up, and not by our `close`: Asterisk is gone, or the way to it."""
        self._idle = asyncio.Event()  # no answer is owed to us
        self._idle.set()
        self._answer: asyncio.Future[AgiResult | None] | None = None
        self._last_wait: asyncio.TimerHandle | None = None

    @property
    def hung_up(self) -> bool:
        """True once the caller has hung up, the channel was taken elsewhere, or Asterisk has ended the session."""
        return self._hung_up.is_set()

    async def wait_hung_up(self) -> None:
        await self._hung_up.wait()

    def close(self) -> None:
        """Give the call back to Asterisk's dialplan."""
        self._closed = True
        self._transport.close()

    async def command(self, *words: str, timeout: float | None = None, even_if_gone: bool = False) -> AgiResult:
        """Send one command and return its answer. The first word may hold several: "STREAM FILE".

        timeout is in seconds, None for as long as the call lasts; it includes waiting for the command before.
        even_if_gone: also after the caller has hung up, for what needs no channel (SET VARIABLE, EXEC of some).

        Raises CallerHungUp, AgiTimeout, AgiCommandFailed, or UnsafeValue (before anything is written). A result of "-1"
        without a hang-up is returned: the caller knows what it means.
        """
        line = command_line(words)
        try:
            result = await self._exchange(line, timeout, even_if_gone=even_if_gone)
        except TimeoutError:
            raise AgiTimeout(f"{words[0]} was not done in {timeout} s") from None
        if result is None or result.code == _DEAD_CHANNEL:
            raise CallerHungUp(f"the caller hung up before {words[0]} was done")
        if result.code != 200:
            raise AgiCommandFailed(result.code, result.data)
        if result.result == "-1" and not even_if_gone and await self._hangup_follows(result):
            raise CallerHungUp(f"the caller hung up during {words[0]}")
        return result

    async def _exchange(self, line: str, timeout: float | None, *, even_if_gone: bool) -> AgiResult | None:
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not self._idle.is_set():
            async with asyncio.timeout_at(deadline):
                await self._idle.wait()
        if self._ended or self._transport.is_closing() or (self.hung_up and not even_if_gone):
            return None
        self._idle.clear()
        answer = self._answer = loop.create_future()
        timer = (
            None if deadline is None else loop.call_at(deadline, _give_up, answer)
        )  # asyncio.timeout costs a lot more
        try:
            done = await _Exchange(None, self.env, answer, self._writer).send_command(line)
        finally:
            if timer is not None:
                timer.cancel()
        result: AgiResult | None = done["answer"]
        return result

    async def _hangup_follows(self, result: AgiResult) -> bool:
        if result.data == "hangup":
            return True
        try:
            async with asyncio.timeout(HANGUP_AFTER_FAILURE):
                await self._hung_up.wait()
        except TimeoutError:
            return False
        return True

    def take(self, line: str) -> None:
        """For AgiServer: Asterisk's next line."""
        if line == "HANGUP":
            self._take_hangup()
        elif (result := self._answers.take(line)) is not None:
            self._settle(result)
            self._idle.set()

    def end(self) -> None:
        """For AgiServer: no more lines will come."""
        self.lost = not (self.hung_up or self._closed)
        self._ended = True
        self._hung_up.set()
        self._settle(None)
        self._idle.set()
        if self._last_wait is not None:
            self._last_wait.cancel()

    def _take_hangup(self) -> None:
        if self._last_wait is None and self._answer is not None:
            loop = asyncio.get_running_loop()
            self._last_wait = loop.call_later(ANSWER_AFTER_HANGUP, _settle, self._answer, None)
        self._hung_up.set()

    def _settle(self, result: AgiResult | None) -> None:
        if self._answer is not None:
            _settle(self._answer, result)


def _settle(answer: "asyncio.Future[AgiResult | None]", result: AgiResult | None) -> None:
    if not answer.done():  # else its waiter is gone
        answer.set_result(result)


def _give_up(answer: "asyncio.Future[AgiResult | None]") -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())
