"""Calls that Asterisk hands to us over FastAGI: a server whose sessions own their tasks, and one command at a time in each.

What Asterisk 22.10 does, seen and relied on here: a hang-up during a command gives the command's answer first ("result=-1",
or "result=0" from EXEC Dial) and the line HANGUP up to 45 ms later; the session then lives on until we close it, and
commands that need the channel get 511. A line of more than 8191 bytes becomes two commands, and of two commands sent in
advance the second is lost: so lines are bounded, and a command waits until the one before it is answered.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from panoramisk.fast_agi import Request

from contactcenter.asterisk.errors import AgiCommandFailed, AgiTimeout, CallerHungUp
from contactcenter.asterisk.wire import AgiResult, AnswerReader, command_line, keep_alive

__all__ = ["AgiResult", "AgiServer", "AgiSession"]

logger = logging.getLogger(__name__)

ANSWER_AFTER_HANGUP = 2.0  # seconds in which a command in progress may still get its own answer
HANGUP_AFTER_FAILURE = 0.25  # seconds in which HANGUP follows a "result=-1" that a hang-up has caused
WRITE_TIMEOUT = 5.0  # seconds
CLOSE_TIMEOUT = 1.0  # seconds
_DEAD_CHANNEL = 511


class _Exchange(Request):  # type: ignore[misc]  # panoramisk has no types
    """One command and its answer. The session's reader tells answers from HANGUP; this one only waits for its own.

    The `reader` of panoramisk's request is the future of the answer; None in it means that none will come.
    """

    async def _read_result(self) -> dict[str, Any]:
        return {"answer": await self.reader}


class _BoundedWriter:
    """The half of a StreamWriter that panoramisk uses, with an end to waiting for a peer that takes nothing in."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._writer.drain()
        except TimeoutError:
            self._writer.transport.abort()
            raise AgiTimeout(f"Asterisk takes no command in for {WRITE_TIMEOUT:g} s") from None
        except OSError as lost:
            raise CallerHungUp("Asterisk has closed the session") from lost


class AgiSession:
    """One call in our hands.

    env: Asterisk's agi_* variables under their whole names. path and query: the two parts of the requested URL, so that
    "agi://host/call?who=+86138" gives "call" and {"who": "+86138"}.
    """

    def __init__(self, env: Mapping[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.env: Mapping[str, str] = MappingProxyType(dict(env))
        path, _, query = env.get("agi_network_script", "").partition("?")
        self.path = path.strip("/")
        # Not parse_qsl: Asterisk does not encode, and a "+" is the beginning of a number.
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        self.query: dict[str, str] = {unquote(name): unquote(value) for name, _, value in pairs}
        self._reader = reader
        self._writer = writer
        self._bounded = _BoundedWriter(writer)
        self._hung_up = asyncio.Event()
        self._ended = False
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
        self._writer.close()

    async def command(self, *words: str, timeout: float | None = None, even_if_gone: bool = False) -> AgiResult:
        """Send one command and return its answer. The first word may hold several: "STREAM FILE".

        timeout is in seconds, None for as long as the call lasts; it includes waiting for the command before.
        even_if_gone: also after the caller has hung up, for what needs no channel (SET VARIABLE, EXEC of some).

        Raises CallerHungUp, AgiTimeout, AgiCommandFailed, or UnsafeValue (before anything is written). A result of "-1"
        without a hang-up is returned: the caller knows what it means.
        """
        line = command_line(words)
        try:
            async with asyncio.timeout(timeout):
                result = await self._exchange(line, even_if_gone=even_if_gone)
        except TimeoutError:
            raise AgiTimeout(f"{words[0]} was not done in {timeout} s") from None
        if result is None or result.code == _DEAD_CHANNEL:
            raise CallerHungUp(f"the caller hung up before {words[0]} was done")
        if result.code != 200:
            raise AgiCommandFailed(result.code, result.data)
        if result.result == "-1" and not even_if_gone and await self._hangup_follows(result):
            raise CallerHungUp(f"the caller hung up during {words[0]}")
        return result

    async def _exchange(self, line: str, *, even_if_gone: bool) -> AgiResult | None:
        while not self._idle.is_set():
            await self._idle.wait()
        if self._ended or self._writer.is_closing() or (self.hung_up and not even_if_gone):
            return None
        self._idle.clear()
        answer: asyncio.Future[AgiResult | None] = asyncio.get_running_loop().create_future()
        self._answer = answer
        exchange = _Exchange(None, self.env, answer, self._bounded)
        done: dict[str, AgiResult | None] = await exchange.send_command(line)
        return done["answer"]

    async def _hangup_follows(self, result: AgiResult) -> bool:
        if result.data == "hangup":
            return True
        try:
            async with asyncio.timeout(HANGUP_AFTER_FAILURE):
                await self._hung_up.wait()
        except TimeoutError:
            return False
        return True

    async def read_answers(self) -> None:
        """Read until Asterisk ends the session; the server runs this beside the handler."""
        answers = AnswerReader()
        try:
            while (line := await self._reader.readline()).endswith(b"\n"):
                text = line[:-1].decode("utf-8", "replace")
                if text == "HANGUP":
                    self._take_hangup()
                elif (result := answers.take(text)) is not None:
                    self._settle(result)
                    self._idle.set()
        except (OSError, ValueError) as broken:  # ValueError: a line over the limit
            logger.warning("AGI session of %s is broken: %s", self.env.get("agi_uniqueid"), broken)
            self._writer.transport.abort()
        finally:
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


class AgiServer:
    """Listens for Asterisk and gives each call to the handler, in a task of its own that `run` owns.

    The session is closed when the handler returns or raises; Asterisk then goes on in its dialplan. header_timeout is in
    seconds, max_header_bytes also bounds an answer's line. port 0 takes any free port.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: Callable[[AgiSession], Awaitable[None]],
        *,
        header_timeout: float = 5.0,
        max_header_bytes: int = 16384,
    ) -> None:
        self._host = host
        self._port = port
        self._handler = handler
        self._header_timeout = header_timeout
        self._max_header_bytes = max_header_bytes
        self._ready = asyncio.Event()

    @property
    def port(self) -> int:
        """The port listened on; the one asked for until `wait_ready` has returned."""
        return self._port

    @property
    def listening(self) -> bool:
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        await self._ready.wait()

    async def run(self) -> None:
        """Serve until cancelled; then all sessions are cancelled and awaited. Raises OSError if the port is taken."""
        closing = False

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if closing:  # accepted in the very moment of our end
                writer.transport.abort()
            else:
                sessions.create_task(self._serve(reader, writer))

        limit = self._max_header_bytes
        server = await asyncio.start_server(accept, self._host, self._port, limit=limit, start_serving=False)
        try:
            async with asyncio.TaskGroup() as sessions:
                try:
                    await server.start_serving()
                    self._port = server.sockets[0].getsockname()[1]
                    self._ready.set()
                    await asyncio.get_running_loop().create_future()
                finally:
                    closing = True
                    server.close()  # no new calls while the sessions end
        finally:
            self._ready.clear()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            keep_alive(writer)
            env = await self._read_env(reader)
            if env is not None:
                await self._run_session(AgiSession(env, reader, writer))
        except Exception:
            logger.exception("an AGI session failed")
        finally:
            await _close(writer)

    async def _read_env(self, reader: asyncio.StreamReader) -> dict[str, str] | None:
        try:
            async with asyncio.timeout(self._header_timeout):
                head = await reader.readuntil(b"\n\n")
        except asyncio.LimitOverrunError:
            logger.warning("a peer sent more than %d bytes of AGI headers; closed", self._max_header_bytes)
        except TimeoutError:
            logger.warning("a peer sent no AGI headers in %g s; closed", self._header_timeout)
        except (asyncio.IncompleteReadError, OSError):
            logger.info("a peer connected to AGI and left")
        else:
            lines = head.decode("utf-8", "replace").split("\n")  # a caller's name may hold other line ends
            env = {
                name: value.removeprefix(" ") for name, colon, value in (line.partition(":") for line in lines) if colon
            }
            if "agi_request" in env:
                return env
            logger.warning("a peer does not speak AGI; closed")
        return None

    async def _run_session(self, session: AgiSession) -> None:
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(session.read_answers())
            try:
                await self._handler(session)
            except CallerHungUp:
                logger.debug("the caller of %s hung up", session.env.get("agi_uniqueid"))
            except Exception:
                logger.exception("the handler of AGI call %s failed", session.env.get("agi_uniqueid"))
            finally:
                reading.cancel()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await writer.wait_closed()
    except OSError:  # includes TimeoutError: the peer takes nothing in
        writer.transport.abort()
