"""One test for each AMI defect of panoramisk 1.4 that the client closes. 13 to 15 are in test_agi_server.py."""

import asyncio
import logging
import re
import socket
from pathlib import Path

import pytest
from scripted_ami import GREETING, SOON, Events, block, client_of, running

import contactcenter
from contactcenter.asterisk.ami import AmiMessage
from contactcenter.asterisk.errors import AmiLoginRefused, AmiNotConnected, AmiTimeout, UnsafeValue

pytestmark = pytest.mark.timeout(5)


async def test_defect_01_a_character_split_over_two_segments_survives(ami, events):
    message = block(Event="Newchannel", CallerIDName="张三").encode()
    async with running(client_of(ami, events)):
        peer = await ami.logged_in()
        for cut in range(1, len(message)):
            peer.writer.write(block(Event="Before").encode() + message[:cut])
            await events.next("Before")  # so the first part has been read
            peer.writer.write(message[cut:])
            assert (await events.get())["calleridname"] == "张三"


async def test_defect_02_originate_without_async_gives_its_one_response(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = tasks.create_task(client.action("Originate", Channel="Local/1@a", Application="Echo"))
        action = await peer.expect("Originate")
        peer.answer(action, Message="Originate successfully queued")
        assert (await answer)["Message"] == "Originate successfully queued"
        peer.event("OriginateResponse", ActionID=action["ActionID"], Response="Success")
        assert (await events.next("OriginateResponse"))["actionid"] == action["ActionID"]


async def test_defect_02_originate_with_async_gives_its_response_and_the_event_goes_to_the_handler(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = tasks.create_task(client.action("Originate", Channel="Local/1@a", Async="true", ActionID="mine"))
        action = await peer.expect("Originate")
        # Even if the event comes first, it is no answer.
        peer.event("OriginateResponse", ActionID="mine", Response="Failure")
        peer.answer(action, Message="Originate successfully queued")
        assert (await answer)["response"] == "Success"
        assert (await events.next("OriginateResponse"))["response"] == "Failure"


async def test_defect_03_queue_add_resolves(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = tasks.create_task(client.action("QueueAdd", Queue="sales", Interface="PJSIP/801"))
        peer.answer(await peer.expect("QueueAdd"), Message="Added interface to queue")
        assert (await answer)["message"] == "Added interface to queue"


async def test_defect_04_an_unanswered_action_fails_at_once_and_is_never_sent_again(ami, events):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = asyncio.create_task(client.action("Originate", Channel="PJSIP/customer", Async="true"))
        await peer.expect("Originate")
        peer.writer.transport.abort()
        with pytest.raises(AmiNotConnected, match="Originate was not answered"):
            await answer
        peer = await ami.logged_in()
        await client.wait_connected()
        last = asyncio.create_task(client.action("Ping"))
        peer.answer(await peer.expect("Ping"))  # nothing stands before it
        await last


async def test_defect_05_an_exception_in_the_handler_leaves_the_connection_and_the_order_alone(ami, caplog):
    seen = Events()

    def failing(message: AmiMessage) -> None:
        seen.put_nowait(message)
        raise LookupError("a bug of ours")

    client = client_of(ami, seen, on_event=failing)
    async with running(client):
        peer = await ami.logged_in()
        await seen.next("FullyBooted")
        peer.writer.write("".join(block(Event="Step", Number=str(n)) for n in range(500)).encode())
        assert [(await seen.get())["number"] for _ in range(500)] == [str(n) for n in range(500)]
        assert client.connected
        assert ami.peers.empty()
    record = next(r for r in caplog.records if "handler of AMI event Step failed" in r.getMessage())
    assert record.exc_info is not None


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\0", "\ud800"])
async def test_defect_06_a_line_break_in_a_name_or_value_is_refused_before_anything_is_written(ami, events, sign):
    client = client_of(ami, events)
    bad = f"x{sign}Action: Originate"
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        with pytest.raises(UnsafeValue):
            await client.action("UserEvent", Text=bad)
        with pytest.raises(UnsafeValue):
            await client.action("Originate", Variable=["a=b", bad])
        with pytest.raises(UnsafeValue):
            await client.action("UserEvent", **{bad: "x"})
        with pytest.raises(UnsafeValue):
            await client.action(f"Ping{sign}")
        with pytest.raises(UnsafeValue):
            await client.action_list("Status", Channel=bad)
        ping = asyncio.create_task(client.action("Ping"))
        peer.answer(await peer.expect("Ping"))
        await ping


async def test_defect_07_a_peer_that_answers_no_ping_is_dropped_and_tried_again(ami, events):
    lost = asyncio.Event()
    client = client_of(ami, events, ping_interval=0.01, action_timeout=SOON, on_disconnected=lost.set)
    async with running(client):
        peer = await ami.logged_in()
        peer.answer(await peer.expect("Ping"), Ping="Pong")
        await peer.expect("Ping")
        await lost.wait()
        assert await peer.closed_by_client()
        await ami.logged_in()
        await client.wait_connected()


async def test_defect_07_an_action_without_an_answer_times_out_and_its_late_answer_is_ignored(ami, events):
    client = client_of(ami, events, action_timeout=SOON)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        with pytest.raises(AmiTimeout, match="Getvar"):
            await client.action("Getvar", Variable="X")
        late = await peer.expect("Getvar")
        ping = asyncio.create_task(client.action("Ping"))
        action = await peer.expect("Ping")
        peer.answer(late, Value="late")
        peer.answer(action, Ping="Pong")
        assert (await ping)["ping"] == "Pong"


async def test_defect_07_keep_alive_is_on(ami, events):
    client = client_of(ami, events)
    async with running(client):
        await ami.logged_in()
        await client.wait_connected()
        connection = client._link.transport.get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


async def test_defect_08_cancelling_while_it_waits_to_reconnect_leaves_no_timer_and_no_task(ami, events, caplog):
    caplog.set_level(logging.WARNING)
    lost = asyncio.Event()
    client = client_of(ami, events, reconnect_delays=(3600,), on_disconnected=lost.set)
    before = asyncio.all_tasks()
    async with running(client) as task:
        peer = await ami.logged_in()
        await client.wait_connected()
        peer.writer.close()
        await lost.wait()
        while "next attempt" not in caplog.text:
            await asyncio.sleep(0)
    assert task.cancelled()
    assert asyncio.all_tasks() == before
    soon = asyncio.get_running_loop().time() + 1000
    timers = asyncio.get_running_loop()._scheduled
    assert not [timer for timer in timers if timer.when() > soon and not timer.cancelled()]


async def test_defect_09_a_wrong_secret_ends_run(ami, events):
    client = client_of(ami, events)
    async with running(client) as task:
        peer = await ami.peers.get()
        peer.writer.write(GREETING.encode())
        login = await peer.expect("Login")
        assert (login["Username"], login["Secret"]) == ("boss", "s3cret")
        peer.answer(login, "Error", Message="Authentication failed")
        with pytest.raises(AmiLoginRefused, match="Authentication failed"):
            await task
        assert await peer.closed_by_client()
        assert ami.peers.empty()


async def test_defect_10_an_action_before_connect_is_a_named_error(ami, events):
    client = client_of(ami, events)
    with pytest.raises(AmiNotConnected):
        await client.action("Ping")
    with pytest.raises(AmiNotConnected):
        await client.action_list("Status")
    assert not client.connected


@pytest.mark.parametrize("lines", [[], ["one"], ["one", "", " two: 2"]])
async def test_defect_11_command_output_is_always_a_list(ami, events, lines):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        output = tasks.create_task(client.action("Command", Command="core show uptime"))
        action = await peer.expect("Command")
        text = "".join(f"Output: {line}\r\n" for line in lines)
        peer.writer.write(f"Response: Success\r\nActionID: {action['ActionID']}\r\n{text}\r\n".encode())
        assert (await output).all("Output") == lines


def test_defect_12_neither_call_manager_nor_manager_is_used():
    sources = Path(contactcenter.__file__).parent.rglob("*.py") if contactcenter.__file__ else []
    uses = re.compile(r"panoramisk\.(call_)?manager|from panoramisk import")
    assert [path.name for path in sources if uses.search(path.read_text())] == []


def test_defect_16_a_typo_in_a_message_name_is_an_error():
    message = AmiMessage({"Event": "Newchannel", "Channel": "PJSIP/801-1"})
    assert message["CHANNEL"] == "PJSIP/801-1"
    assert message.get("chanel") is None
    with pytest.raises(KeyError):
        message["chanel"]
    with pytest.raises(AttributeError):
        message.channel  # noqa: B018
    with pytest.raises(TypeError):
        message["Channel"] = "other"
