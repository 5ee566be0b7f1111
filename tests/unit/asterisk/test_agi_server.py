"""The FastAGI server against scripted callers; one test for each defect of panoramisk 1.4 that it closes."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from contactcenter.asterisk import agi, agi_server
from contactcenter.asterisk.agi import AgiResult, AgiSession
from contactcenter.asterisk.agi_server import AgiServer
from contactcenter.asterisk.errors import AgiCommandFailed, AgiTimeout, CallerHungUp, UnsafeValue

pytestmark = pytest.mark.timeout(5)


class Asterisk:
    """Asterisk's end of one session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def call(self, script: str = "call", **env: str) -> None:
        env = {"network": "yes", "network_script": script, "request": f"agi://127.0.0.1/{script}", **env}
        self.writer.write("".join(f"agi_{name}: {value}\n" for name, value in env.items()).encode() + b"\n")

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    async def expect(self, line: str) -> None:
        assert await self.reader.readline() == f"{line}\n".encode()

    async def closed_by_us(self) -> bool:
        """Wait for the end of the connection; True if nothing was sent before it."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


class Site:
    """A running server whose handler hands its sessions to the test and lives until the test lets it go."""

    def __init__(self, header_timeout: float) -> None:
        self.sessions: asyncio.Queue[AgiSession] = asyncio.Queue()
        self.let_go = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        self.server = AgiServer("127.0.0.1", 0, self.hand_over, header_timeout=header_timeout, max_header_bytes=4096)

    async def hand_over(self, session: AgiSession) -> None:
        self.sessions.put_nowait(session)
        await self.let_go.wait()

    async def connect(self) -> Asterisk:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        self.writers.append(writer)
        return Asterisk(reader, writer)

    async def call(self, script: str = "call", **env: str) -> tuple[Asterisk, AgiSession]:
        asterisk = await self.connect()
        asterisk.call(script, **env)
        return asterisk, await self.sessions.get()


@contextlib.asynccontextmanager
async def serving(
    handler: Callable[[AgiSession], Awaitable[None]] | None = None, *, header_timeout: float = 5.0
) -> AsyncIterator[Site]:
    site = Site(header_timeout)
    if handler is not None:
        site.server = AgiServer("127.0.0.1", 0, handler)
    before = asyncio.all_tasks()
    task = asyncio.create_task(site.server.run())
    await site.server.wait_ready()
    try:
        yield site
    finally:
        task.cancel()
        await asyncio.wait([task])
        for writer in site.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    assert task.cancelled()
    assert asyncio.all_tasks() - before <= {asyncio.current_task()}  # no session outlives its server


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as running:
        yield running


async def answered(asterisk: Asterisk, command: Awaitable[AgiResult], line: str, *answer: str) -> AgiResult:
    """Run a command, see it arrive as `line`, and answer it."""
    task = asyncio.ensure_future(command)
    await asterisk.expect(line)
    asterisk.say(*answer)
    return await task


async def test_defect_13_a_bare_connect_and_close_costs_only_itself(site, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(20):
        peer = await site.connect()
        peer.writer.write_eof()
        assert await peer.closed_by_us()
    asterisk, session = await site.call()
    assert (await answered(asterisk, session.command("NOOP"), "NOOP", "200 result=0")).result == "0"
    assert caplog.text.count("connected to AGI and left") == 20
    assert len([task for task in asyncio.all_tasks() if "AgiServer._serve()" in repr(task)]) == 1


async def test_defect_13_a_reset_connection_costs_only_itself(site):
    for text in (b"", b"agi_network: yes\n"):
        peer = await site.connect()
        peer.writer.write(text)
        peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.writer.transport.abort()
    await site.call()


async def test_defect_13_a_silent_peer_is_closed_after_a_time(caplog):
    async with serving(header_timeout=0.1) as site:
        peer = await site.connect()
        peer.writer.write(b"agi_network: yes\n")
        assert await peer.closed_by_us()
    assert "sent no AGI headers in 0.1 s" in caplog.text


@pytest.mark.parametrize("flood", [b"x" * 10000, b"agi_x: y\n" * 2000])
async def test_defect_13_headers_are_limited(site, caplog, flood):
    peer = await site.connect()
    peer.writer.write(flood)
    assert await peer.closed_by_us()
    assert "more than 4096 bytes of AGI headers" in caplog.text
    await site.call()


async def test_defect_13_a_peer_that_speaks_something_else_is_closed(site, caplog):
    peer = await site.connect()
    peer.writer.write(b"GET / HTTP/1.1\r\n\n\n")
    assert await peer.closed_by_us()
    assert "does not speak AGI" in caplog.text


async def test_defect_14_the_query_is_no_part_of_the_route(site):
    _, session = await site.call("call?hotline=4001234567&who=+86138&name=%E5%BC%A0 三&flag&eq=a=b")
    assert session.path == "call"
    assert session.query == {
        "hotline": "4001234567",
        "who": "+86138",
        "name": "张 三",
        "flag": "",
        "eq": "a=b",
    }
    _, session = await site.call("/deep/route/")
    assert (session.path, session.query) == ("deep/route", {})


async def test_defect_14_a_handler_that_is_no_coroutine_is_logged_and_closes_its_session(caplog):
    async with serving(lambda _: None) as site:
        peer = await site.connect()
        peer.call()
        assert await peer.closed_by_us()
    assert "TypeError" in caplog.text


async def test_defect_15_hangup_is_never_taken_for_an_answer(site):
    asterisk, session = await site.call()
    digits = session.command("GET DATA", "cc/code", "3000", "6")
    assert await answered(asterisk, digits, "GET DATA cc/code 3000 6", "HANGUP", "200 result=12") == AgiResult(
        200, "12"
    )
    assert session.hung_up
    variable = session.command("GET VARIABLE", "X", even_if_gone=True)
    assert (await answered(asterisk, variable, "GET VARIABLE X", "200 result=1 (x)")).data == "x"


async def test_defect_15_a_hangup_while_idle_is_seen_and_the_next_command_is_refused(site):
    asterisk, session = await site.call()
    assert not session.hung_up
    asterisk.say("HANGUP")
    await session.wait_hung_up()
    with pytest.raises(CallerHungUp):
        await session.command("STREAM FILE", "cc/welcome", "")
    result = await answered(asterisk, session.command("NOOP", even_if_gone=True), "NOOP", "200 result=0")
    assert result.result == "0"  # nothing was written by the refused one


@pytest.mark.parametrize(
    "answer",
    [
        ["200 result=-1", "HANGUP"],  # as Asterisk 22 does it
        ["HANGUP", "200 result=-1"],
        ["200 result=-1 (hangup) endpos=0"],
        ["511 Command Not Permitted on a dead channel or intercept routine"],
    ],
)
async def test_defect_15_a_hangup_during_a_command_is_a_named_error(site, answer):
    asterisk, session = await site.call()
    with pytest.raises(CallerHungUp):
        await answered(asterisk, session.command("WAIT FOR DIGIT", "9000"), "WAIT FOR DIGIT 9000", *answer)


async def test_defect_15_timeout_is_kept(site):
    asterisk, session = await site.call()
    command = session.command("GET DATA", "x")
    assert (await answered(asterisk, command, "GET DATA x", "200 result= (timeout)")) == AgiResult(200, "", "timeout")


async def test_defect_15_cancellation_is_not_swallowed():
    started, ended = asyncio.Event(), []

    async def handler(session: AgiSession) -> None:
        started.set()
        try:
            await session.command("WAIT FOR DIGIT", "-1")
        except asyncio.CancelledError:
            ended.append(session)
            raise

    async with serving(handler) as site:
        peer = await site.connect()
        peer.call()
        await started.wait()
        await peer.expect("WAIT FOR DIGIT -1")
    assert len(ended) == 1  # `serving` has seen that run() itself was cancelled and every task has ended


async def test_a_failure_without_a_hangup_is_the_callers_to_judge(site, monkeypatch):
    monkeypatch.setattr(agi, "HANGUP_AFTER_FAILURE", 0.01)
    asterisk, session = await site.call()
    command = session.command("STREAM FILE", "no/file", "")
    result = await answered(asterisk, command, 'STREAM FILE no/file ""', "200 result=-1 endpos=0")
    assert (result.result, result.extra["endpos"]) == ("-1", "0")
    assert not session.hung_up


async def test_a_command_without_an_answer_after_hangup_ends(site, monkeypatch):
    monkeypatch.setattr(agi, "ANSWER_AFTER_HANGUP", 0.01)
    asterisk, session = await site.call()
    with pytest.raises(CallerHungUp):
        await answered(asterisk, session.command("EXEC", "Echo"), "EXEC Echo", "HANGUP")
    # Its answer still comes, and is not the next one's.
    late = asyncio.create_task(session.command("GET VARIABLE", "X", even_if_gone=True))
    asterisk.say("200 result=-1")
    await asterisk.expect("GET VARIABLE X")
    asterisk.say("200 result=1 (mine)")
    assert (await late).data == "mine"


async def test_only_the_command_that_ran_at_hangup_is_given_up(site, monkeypatch):
    monkeypatch.setattr(agi, "ANSWER_AFTER_HANGUP", 0.02)
    asterisk, session = await site.call()
    await answered(asterisk, session.command("GET DATA", "x"), "GET DATA x", "HANGUP", "200 result=1")
    slow = asyncio.create_task(session.command("EXEC", "Slow", even_if_gone=True))
    await asterisk.expect("EXEC Slow")
    done, _ = await asyncio.wait([slow], timeout=0.06)
    assert not done
    asterisk.say("HANGUP", "200 result=7")
    assert (await slow).result == "7"


async def test_the_end_of_the_session_wakes_the_waiting_command_and_who_waits_for_hangup(site):
    asterisk, session = await site.call()
    waiting = asyncio.create_task(session.wait_hung_up())
    command = asyncio.create_task(session.command("WAIT FOR DIGIT", "-1"))
    await asterisk.expect("WAIT FOR DIGIT -1")
    asterisk.writer.close()
    with pytest.raises(CallerHungUp):
        await command
    await waiting
    with pytest.raises(CallerHungUp):
        await session.command("NOOP", even_if_gone=True)


async def test_after_a_time_out_the_next_command_waits_and_gets_its_own_answer(site):
    asterisk, session = await site.call()
    with pytest.raises(AgiTimeout):
        await session.command("WAIT FOR DIGIT", "-1", timeout=0.01)
    await asterisk.expect("WAIT FOR DIGIT -1")
    following = asyncio.create_task(session.command("GET VARIABLE", "X"))
    with pytest.raises(AgiTimeout):  # Asterisk loses a second command sent in advance, so it must not be written
        await session.command("NOOP", timeout=0.01)
    assert asterisk.reader._buffer == b""
    asterisk.say("200 result=49")
    await asterisk.expect("GET VARIABLE X")
    asterisk.say("200 result=1 (x)")
    assert (await following).data == "x"


async def test_commands_of_two_tasks_go_one_after_the_other(site):
    asterisk, session = await site.call()
    both = [asyncio.create_task(session.command("GET VARIABLE", name)) for name in "AB"]
    for name in "AB":
        await asterisk.expect(f"GET VARIABLE {name}")
        asterisk.say(f"200 result=1 ({name})")
    assert [(await task).data for task in both] == ["A", "B"]


async def test_an_answer_after_trying_and_values_in_parentheses_come_whole(site):
    asterisk, session = await site.call()
    command = session.command("GET VARIABLE", "X")
    answer = ("100 result=0 Trying...", "200 result=1 (张三 (a (b) c=d))")
    assert (await answered(asterisk, command, "GET VARIABLE X", *answer)).data == "张三 (a (b) c=d)"


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (["510 Invalid or unknown command"], 510, "unknown"),
        (["520-Invalid command syntax.", "Usage: X", "520 End of proper usage."], 520, "Usage: X"),
        (["520 Invalid command syntax.  Proper usage not available."], 520, "not available"),
    ],
)
async def test_a_refused_command_is_a_named_error_and_the_session_goes_on(site, answer, code, reason):
    asterisk, session = await site.call()
    with pytest.raises(AgiCommandFailed, match=reason) as failed:
        await answered(asterisk, session.command("X"), "X", *answer)
    assert failed.value.code == code
    assert (await answered(asterisk, session.command("NOOP"), "NOOP", "200 result=0")).result == "0"


@pytest.mark.parametrize("bad", ["a\nHANGUP", "a\rb", "a\0b", "x" * 9000])
async def test_a_value_that_would_be_another_command_is_refused_before_anything_is_written(site, bad):
    asterisk, session = await site.call()
    with pytest.raises(UnsafeValue):
        await session.command("SET VARIABLE", "X", bad)
    assert (await answered(asterisk, session.command("NOOP"), "NOOP", "200 result=0")).result == "0"


async def test_the_environment_is_whole_and_frozen(site):
    _, session = await site.call(calleridname="张\u2028三: x", callerid="13800000000", accountcode="")
    assert session.env["agi_calleridname"] == "张\u2028三: x"
    assert session.env["agi_callerid"] == "13800000000"
    assert session.env["agi_accountcode"] == ""
    with pytest.raises(KeyError):
        session.env["agi_calerid"]
    with pytest.raises(TypeError):
        session.env["agi_callerid"] = "x"


async def test_the_session_is_closed_when_the_handler_returns(site):
    asterisk, _ = await site.call()
    site.let_go.set()
    assert await asterisk.closed_by_us()


async def test_closing_gives_the_call_back_at_once(site):
    asterisk, session = await site.call()
    session.close()
    assert await asterisk.closed_by_us()
    with pytest.raises(CallerHungUp):
        await session.command("NOOP")


async def test_a_failing_handler_is_logged_with_its_traceback_and_costs_only_its_session(caplog):
    async def handler(session: AgiSession) -> None:
        if session.path == "bad":
            raise LookupError("a bug of ours")
        await session.command("NOOP")

    async with serving(handler) as site:
        good, bad = await site.connect(), await site.connect()
        good.call("good")
        await good.expect("NOOP")
        bad.call("bad", uniqueid="17.4")
        assert await bad.closed_by_us()
        good.say("200 result=0")
        assert await good.closed_by_us()
    assert "the handler of AGI call 17.4 failed" in caplog.text
    assert "LookupError: a bug of ours" in caplog.text


async def test_a_hangup_that_the_handler_lets_through_is_no_error(caplog):
    async def handler(session: AgiSession) -> None:
        await session.command("NOOP")

    async with serving(handler) as site:
        peer = await site.connect()
        peer.call()
        await peer.expect("NOOP")
        peer.writer.write_eof()
        assert await peer.closed_by_us()
    assert caplog.text == ""


async def test_an_endless_line_breaks_only_its_session(site, caplog):
    asterisk, session = await site.call()
    command = asyncio.create_task(session.command("GET VARIABLE", "X"))
    await asterisk.expect("GET VARIABLE X")
    asterisk.writer.write(b"200 result=1 (" + b"x" * 20000)
    with pytest.raises(CallerHungUp):
        await command
    assert "is broken" in caplog.text
    await site.call()


async def test_a_peer_that_takes_nothing_in_is_left_in_time(monkeypatch):
    monkeypatch.setattr(agi_server, "CLOSE_TIMEOUT", 0.05)
    transports = []

    async def handler(session: AgiSession) -> None:
        session._transport.write(b"x" * 20_000_000)
        transports.append(session._transport)

    async with serving(handler) as site:
        with socket.create_connection(("127.0.0.1", site.server.port)) as peer:  # never reads
            peer.sendall(b"agi_request: agi://127.0.0.1/call\n\n")
            while not transports or transports[0].get_write_buffer_size():
                await asyncio.sleep(0.01)


async def test_a_taken_port_is_an_error(site):
    with pytest.raises(OSError, match="in use"):
        await AgiServer("127.0.0.1", site.server.port, site.hand_over).run()


async def test_lines_in_a_callers_number_replace_nothing_that_asterisk_says(site):
    forged = (
        "1\nagi_uniqueid: 9.9\nagi_channel: PJSIP/1001-1\nagi_network_script: feature\nagi_arg_1: 999\nagi_callerid: 2"
    )
    _, session = await site.call(uniqueid="1.1", channel="PJSIP/trunk-1", callerid=forged, arg_1="4001234567")
    assert (session.env["agi_uniqueid"], session.env["agi_channel"]) == ("1.1", "PJSIP/trunk-1")
    assert (session.path, session.env["agi_arg_1"]) == ("call", "4001234567")
