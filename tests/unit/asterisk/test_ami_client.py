"""The AMI client's own promises, against a scripted peer."""

import asyncio

import pytest
from scripted_ami import GREETING, SOON, ScriptedAmi, client_of, running

from contactcenter.asterisk.ami import MAX_MESSAGE_BYTES, AmiClient
from contactcenter.asterisk.errors import AmiNotConnected, AmiRefused, AmiTimeout

pytestmark = pytest.mark.timeout(5)


async def test_invalid_bytes_are_replaced(ami, events):
    async with running(client_of(ami, events)):
        peer = await ami.logged_in()
        peer.writer.write(b"Event: Name\r\nValue: a\xff\xfeb\r\n\r\n")
        assert (await events.next("Name"))["value"] == "a\ufffd\ufffdb"


async def test_an_error_response_is_refused_with_asterisks_words(ami, events):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        for ask in (client.action, client.action_list):
            answer = asyncio.create_task(ask("Hangup", Channel="gone"))
            peer.answer(await peer.expect("Hangup"), "Error", Message="No such channel")
            with pytest.raises(AmiRefused, match="No such channel") as refused:
                await answer
            assert (refused.value.action, refused.value.reason) == ("Hangup", "No such channel")


async def test_a_list_is_collected_to_its_end_and_other_events_go_to_the_handler(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = tasks.create_task(client.action_list("CoreShowChannels"))
        action = await peer.expect("CoreShowChannels")
        peer.answer(action, EventList="start", Message="Channels will follow")
        peer.event("CoreShowChannel", ActionID=action["ActionID"], Channel="a")
        peer.event("Hangup", Channel="x")
        peer.event("CoreShowChannel", ActionID=action["ActionID"], Channel="b")
        peer.event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete", ListItems="2")
        assert [item["channel"] for item in await answer] == ["a", "b"]
        assert (await events.next("Hangup"))["channel"] == "x"
        assert events.empty()


async def test_a_list_that_stops_times_out_and_its_rest_stays_away_from_the_handler(ami, events):
    client = client_of(ami, events, action_timeout=SOON)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = asyncio.create_task(client.action_list("QueueStatus"))
        action = await peer.expect("QueueStatus")
        peer.answer(action, EventList="start")
        peer.event("QueueParams", ActionID=action["ActionID"])
        with pytest.raises(AmiTimeout):
            await answer
        peer.event("QueueMember", ActionID=action["ActionID"])
        peer.event("QueueStatusComplete", ActionID=action["ActionID"], EventList="Complete")
        peer.event("After")
        assert (await events.next("FullyBooted"))["status"] == "Fully Booted"
        assert (await events.get())["event"] == "After"
        assert client._link.responses == {}


async def test_a_sequence_is_sent_as_one_line_for_each_value(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        tasks.create_task(client.action("Originate", Variable=["NAME=张三", "B=2: x"], Async="true", ActionID="o"))
        assert await peer.read_lines() == [
            "Action: Originate",
            "ActionID: o",
            "Async: true",
            "Variable: NAME=张三",
            "Variable: B=2: x",
        ]
        peer.say(Response="Success", ActionID="o")


async def test_it_reconnects_and_resynchronises_each_time_while_events_stay_in_order(ami, events):
    client: AmiClient
    states: list[str] = []

    async def resynchronise() -> None:
        states.append("up")
        assert client.connected
        await client.action("Getvar", Variable="X")
        states.append("synchronised")

    client = client_of(ami, events, on_connected=resynchronise, on_disconnected=lambda: states.append("down"))
    async with running(client):
        for _ in range(3):
            peer = await ami.logged_in()
            action = await peer.expect("Getvar")
            peer.event("Step", Number="1")
            peer.answer(action, Value="x")
            peer.event("Step", Number="2")
            assert [(await events.next("Step"))["number"] for _ in range(2)] == ["1", "2"]
            while states[-1] != "synchronised":
                await asyncio.sleep(0)
            peer.writer.close()
        while states[-1] != "down":
            await asyncio.sleep(0)
    assert states == ["up", "synchronised", "down"] * 3


async def test_a_failed_resynchronisation_drops_the_connection_and_is_logged(ami, events, caplog):
    attempts: list[int] = []

    async def resynchronise() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise LookupError("a bug of ours")

    client = client_of(ami, events, on_connected=resynchronise)
    async with running(client):
        assert await (await ami.logged_in()).closed_by_client()
        await ami.logged_in()
        await client.wait_connected()
    assert len(attempts) == 2
    assert "LookupError: a bug of ours" in caplog.text


async def test_losing_the_connection_cancels_a_hanging_resynchronisation(ami, events):
    ended = asyncio.Event()

    async def hanging() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    client = client_of(ami, events, on_connected=hanging)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        peer.writer.close()
        await ended.wait()
        await ami.logged_in()


async def test_actions_wait_for_fully_booted(ami, events, caplog):
    client = client_of(ami, events, action_timeout=SOON, ping_interval=0.01)
    async with running(client):
        peer = await ami.peers.get()
        await peer.log_in(booted=False)
        while "waiting for Asterisk to finish booting" not in caplog.text:  # a long boot, pinged meanwhile
            peer.answer(await peer.expect("Ping"))
        assert not client.connected
        with pytest.raises(AmiNotConnected):
            await client.action("Originate", Channel="PJSIP/801")
        peer.event("FullyBooted")
        await client.wait_connected()


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 200, b""])
async def test_a_peer_that_does_not_greet_as_ami_never_sees_the_secret(ami, events, greeting):
    async with running(client_of(ami, events, action_timeout=SOON)):
        peer = await ami.peers.get()
        peer.writer.write(greeting)
        assert await peer.closed_by_client()
        await ami.logged_in()


async def test_a_greeting_in_pieces_is_understood(ami, events):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.peers.get()
        for sign in GREETING:
            peer.writer.write(sign.encode())
            await peer.writer.drain()
        peer.answer(await peer.expect("Login"))
        peer.event("FullyBooted")
        await client.wait_connected()


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""])
async def test_a_message_that_is_too_long_drops_the_connection(ami, events, end, caplog):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        peer.writer.write(b"Event: Big\r\nX: " + b"x" * MAX_MESSAGE_BYTES + end)
        assert await peer.closed_by_client()
        await ami.logged_in()
        await client.wait_connected()
    assert "is too long" in caplog.text
    assert "Big" not in [events.get_nowait()["event"] for _ in range(events.qsize())]


async def test_it_waits_for_an_asterisk_that_is_not_there_yet(events):
    async with ScriptedAmi() as first:
        pass
    client = client_of(first, events)
    async with running(client), first:
        await first.logged_in()
        await client.wait_connected()


async def test_the_delays_grow_until_the_connection_is_good(ami, events, caplog):
    client = client_of(ami, events, reconnect_delays=(0.01, 0.02, 0.03))
    async with running(client):
        for _ in range(4):
            (await ami.peers.get()).writer.close()
        peer = await ami.logged_in()
        await client.wait_connected()
        peer.writer.close()
        await ami.peers.get()
    waits = [record.args[-1] for record in caplog.records if "next attempt" in record.getMessage()]
    assert waits == [0.01, 0.02, 0.03, 0.03, 0.01]


async def test_cancelling_run_closes_the_connection_and_fails_what_waits(ami, events):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = asyncio.create_task(client.action("Status"))
        await peer.expect("Status")
    with pytest.raises(AmiNotConnected):
        await answer
    assert not client.connected
    assert await peer.closed_by_client()


async def test_a_cancelled_action_leaves_nothing_behind(ami, events):
    client = client_of(ami, events)
    async with running(client):
        peer = await ami.logged_in()
        await client.wait_connected()
        answer = asyncio.create_task(client.action("Status"))
        action = await peer.expect("Status")
        answer.cancel()
        await asyncio.wait([answer])
        assert client._link.responses == {}
        peer.answer(action)
        ping = asyncio.create_task(client.action("Ping"))
        peer.answer(await peer.expect("Ping"))
        await ping


async def test_two_actions_can_not_share_an_id(ami, events):
    client = client_of(ami, events)
    async with running(client), asyncio.TaskGroup() as tasks:
        peer = await ami.logged_in()
        await client.wait_connected()
        first = tasks.create_task(client.action("Ping", ActionID="same"))
        action = await peer.expect("Ping")
        with pytest.raises(ValueError, match="in use"):
            await client.action("Ping", ActionID="same")
        peer.answer(action)
        await first
