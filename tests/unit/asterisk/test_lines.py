"""Agents' lines against a scripted Asterisk: what is asked of it, and what distribution is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from scripted_ami import SOON, Events, Peer, ScriptedAmi, client_of, running

from contactcenter.acd.inputs import Input, Offer, OfferAnswered, OfferFailed, OfferRinging
from contactcenter.acd.ports import Shown
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.lines import AsteriskLines, caller_id
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.ids import AgentNumber, CallId, QueueName

pytestmark = pytest.mark.timeout(5)

CALL, AGENT = CallId("1700000000.7"), AgentNumber("1001")
OFFER = Offer(CALL, QueueName("support"), AGENT, ring_seconds=20, attempt=1, why="")
NAMED = (CALL, AGENT, 1)
CHANNEL = "PJSIP/1001-00000001"


class Office:
    """Lines that are run, and Asterisk's side of the connection. `told`: what distribution was told."""

    def __init__(self, ami: ScriptedAmi) -> None:
        self.server = ami
        self.told: asyncio.Queue[Input] = asyncio.Queue()
        self.events = AmiEvents(on_phone=self.told.put_nowait)
        self.client: AmiClient = client_of(ami, Events(), on_event=self.events.take, action_timeout=SOON)
        self.lines = AsteriskLines(self.client, self.events, self.told.put_nowait)
        self.peer: Peer
        self.id = ""

    async def connected(self) -> None:
        self.peer = await self.server.logged_in()
        await self.client.wait_connected()

    async def asked_to_ring(self, shown: Shown = Shown()) -> dict[str, str]:  # noqa: B008 (frozen)
        """Rings, and takes the Originate without an answer."""
        self.lines.ring(OFFER, shown)
        asked = await self.peer.expect("Originate")
        self.id = asked["ChannelId"]
        return asked

    async def rings(self) -> None:
        asked = await self.asked_to_ring()
        self.peer.answer(asked, Message="Originate successfully queued")
        self.dial("DialBegin")
        self.dial("DialState", DialStatus="RINGING")
        assert await self.told.get() == OfferRinging(*NAMED)

    async def is_answered(self) -> None:
        await self.rings()
        self.dial("DialEnd", DialStatus="ANSWER", DestChannel=CHANNEL)
        assert await self.told.get() == OfferAnswered(*NAMED)

    def dial(self, event: str, **more: str) -> None:
        self.peer.event(event, DestUniqueid=self.id, **more)

    def hangs_up(self, cause: str = "16") -> None:
        self.peer.event("Hangup", Uniqueid=self.id, Cause=cause)

    def fails(self) -> None:
        self.peer.event("OriginateResponse", ActionID=self.id, Response="Failure", Reason="0", Uniqueid=self.id)

    async def asked_to_hang_up(self, cause: str, id_: str = "") -> None:
        asked = await self.peer.expect("Hangup")
        assert (asked["Channel"], asked["Cause"]) == (id_ or self.id, cause)
        self.peer.answer(asked)

    async def asked_for_channels(self, *channels: dict[str, str]) -> None:
        asked = await self.peer.expect("CoreShowChannels")
        self.peer.answer(asked, EventList="start")
        for channel in channels:
            self.peer.event("CoreShowChannel", ActionID=asked["ActionID"], **channel)
        self.peer.event("CoreShowChannelsComplete", ActionID=asked["ActionID"], EventList="Complete")

    async def nothing_more(self) -> None:
        """Nothing is told and nothing asked, once all that was said is taken in."""
        ping = asyncio.create_task(self.client.action("Ping"))
        self.peer.answer(await self.peer.expect("Ping"))
        await ping
        assert self.told.empty()


@pytest.fixture
async def office(ami: ScriptedAmi) -> AsyncIterator[Office]:
    made = Office(ami)
    async with running(made.client), _run(made.lines):
        await made.connected()
        yield made


@contextlib.asynccontextmanager
async def _run(lines: AsteriskLines) -> AsyncIterator[None]:
    task = asyncio.create_task(lines.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()  # it did not fail before


async def test_a_phone_is_rung_for_the_queue_s_ring_time_and_waits_in_silence(office: Office) -> None:
    asked = await office.asked_to_ring(Shown("+8613800000001", "王建国"))
    assert asked["Channel"] == "PJSIP/1001"
    assert asked["ChannelId"].startswith("offer-1700000000.7-1001-1-")
    assert asked["Timeout"] == "20000"
    assert asked["Async"] == "true"
    assert (asked["Application"], asked["Data"]) == ("Wait", "10")
    assert asked["CallerID"] == '"王建国" <+8613800000001>'
    assert asked["Variable"] == "__TRANSFER_CONTEXT=transfer"


async def test_whoever_answers_a_callback_hears_the_customer_s_phone_ring(office: Office) -> None:
    asked = await office.asked_to_ring(Shown(callback=True))
    assert (asked["Context"], asked["Exten"], asked["Priority"]) == ("callback-agent", "s", "1")
    assert "Application" not in asked


async def test_a_line_that_is_connected_ends_quietly(office: Office) -> None:
    await office.is_answered()
    assert office.lines.line_of(*NAMED).channel == CHANNEL
    office.peer.event("BridgeEnter", Uniqueid=office.id)
    office.hangs_up()
    await office.nothing_more()
    assert office.lines.line_of(*NAMED) is None


async def test_a_line_that_was_answered_and_never_connected_has_failed(office: Office) -> None:
    await office.is_answered()
    office.hangs_up()
    assert await office.told.get() == OfferFailed(*NAMED, "failed")
    assert office.lines.line_of(*NAMED) is None


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("19", "no_answer"), ("0", "no_answer"), ("16", "no_answer"), ("17", "busy"), ("21", "rejected"),
     ("20", "unreachable"), ("18", "unreachable"), ("58", "failed")],
)  # fmt: skip
async def test_why_a_phone_was_not_answered(office: Office, cause: str, reason: str) -> None:
    await office.rings()
    office.fails()
    office.hangs_up(cause)
    office.fails()
    assert await office.told.get() == OfferFailed(*NAMED, reason)
    await office.nothing_more()


async def test_a_phone_that_is_not_there_is_unreachable(office: Office) -> None:
    asked = await office.asked_to_ring()
    office.peer.answer(asked)
    office.fails()
    assert await office.told.get() == OfferFailed(*NAMED, "unreachable")


async def test_the_failure_is_known_by_its_action_where_asterisk_does_not_name_the_channel(office: Office) -> None:
    office.peer.answer(await office.asked_to_ring())
    office.peer.event("OriginateResponse", ActionID=office.id, Response="Failure", Uniqueid="<null>")
    assert await office.told.get() == OfferFailed(*NAMED, "unreachable")


async def test_asterisk_refuses(office: Office) -> None:
    office.peer.answer(await office.asked_to_ring(), "Error", Message="Permission denied")
    assert await office.told.get() == OfferFailed(*NAMED, "failed")
    await office.nothing_more()


async def test_asterisk_does_not_answer_and_rings_later(office: Office) -> None:
    await office.asked_to_ring()
    await asyncio.sleep(2 * SOON)
    office.dial("DialState", DialStatus="RINGING")
    assert await office.told.get() == OfferRinging(*NAMED)
    await office.nothing_more()


async def test_asterisk_does_not_answer_and_has_not_heard_of_it(office: Office) -> None:
    await office.asked_to_ring()
    await asyncio.sleep(2 * SOON)
    assert office.told.empty()
    await _lose_connection(office)
    assert await office.told.get() == OfferFailed(*NAMED, "failed")
    office.dial("DialBegin")  # it did hear, and rings only now
    await office.asked_to_hang_up("16")
    await office.nothing_more()


async def test_without_a_connection_an_offer_waits_for_it(ami: ScriptedAmi) -> None:
    office = Office(ami)
    office.lines.ring(OFFER, Shown())
    async with _run(office.lines), running(office.client):
        await office.connected()
        asked = await office.peer.expect("Originate")
        office.id = asked["ChannelId"]
        office.peer.answer(asked)
        office.dial("DialState", DialStatus="RINGING")
        assert await office.told.get() == OfferRinging(*NAMED)


async def test_without_a_connection_an_offer_that_is_stopped_is_over(ami: ScriptedAmi) -> None:
    office = Office(ami)
    async with _run(office.lines):
        office.lines.ring(OFFER, Shown())
        office.lines.stop(*NAMED, "caller_gone")
        assert await office.told.get() == OfferFailed(*NAMED, "no_answer")
        async with running(office.client):
            await office.connected()
            await office.nothing_more()


# ---- stopping


@pytest.mark.parametrize(
    ("why", "cause"), [("answered_elsewhere", "26"), ("caller_gone", "16"), ("agent_gone", "16"), ("stuck", "16")]
)
async def test_a_phone_that_rings_is_stopped_and_told_why(office: Office, why, cause: str) -> None:
    await office.rings()
    office.lines.stop(*NAMED, why)
    await office.asked_to_hang_up(cause)
    office.hangs_up(cause)
    assert await office.told.get() == OfferFailed(*NAMED, "no_answer")
    office.lines.stop(*NAMED, why)
    await office.nothing_more()


async def test_stopped_before_asterisk_was_asked_it_never_rings(office: Office) -> None:
    office.lines.ring(OFFER, Shown())
    office.lines.stop(*NAMED, "caller_gone")
    assert await office.told.get() == OfferFailed(*NAMED, "no_answer")
    await office.nothing_more()


async def test_stopped_before_there_is_a_channel_it_is_hung_up_when_there_is_one(office: Office) -> None:
    asked = await office.asked_to_ring()
    office.lines.stop(*NAMED, "answered_elsewhere")
    office.peer.answer(await office.peer.expect("Hangup"), "Error", Message="No such channel")
    office.peer.answer(asked)
    office.dial("DialBegin")
    await office.asked_to_hang_up("26")
    office.dial("DialState", DialStatus="RINGING")
    office.hangs_up("26")
    assert await office.told.get() == OfferFailed(*NAMED, "no_answer")
    await office.nothing_more()


async def test_an_answer_after_the_stop_is_not_told(office: Office) -> None:
    await office.rings()
    office.lines.stop(*NAMED, "answered_elsewhere")
    office.dial("DialEnd", DialStatus="ANSWER", DestChannel=CHANNEL)
    await office.asked_to_hang_up("26")
    await office.nothing_more()
    office.hangs_up()
    assert isinstance(await office.told.get(), OfferFailed)


# ---- the connection is lost


async def _lose_connection(office: Office, *channels: dict[str, str]) -> None:
    """Lost and back; then the lines are compared with the channels there are."""
    office.peer.writer.close()
    await office.connected()
    comparing = asyncio.create_task(office.lines.resynchronise())
    await office.asked_for_channels(*channels)
    await comparing


def _channel(office: Office, state: str, bridge: str = "") -> dict[str, str]:
    return {"Uniqueid": office.id, "Channel": CHANNEL, "ChannelStateDesc": state, "BridgeId": bridge}


async def test_a_line_that_ended_meanwhile_has_failed(office: Office) -> None:
    await office.rings()
    await _lose_connection(office)
    assert await office.told.get() == OfferFailed(*NAMED, "failed")


async def test_a_line_that_was_answered_meanwhile_is_answered(office: Office) -> None:
    await office.rings()
    await _lose_connection(office, _channel(office, "Up"))
    assert await office.told.get() == OfferAnswered(*NAMED)
    assert office.lines.line_of(*NAMED).channel == CHANNEL
    await office.nothing_more()


async def test_a_line_that_still_rings_goes_on(office: Office) -> None:
    await office.rings()
    await _lose_connection(office, _channel(office, "Ringing"))
    await office.nothing_more()
    office.hangs_up("17")
    assert await office.told.get() == OfferFailed(*NAMED, "busy")


async def test_a_line_in_conversation_ends_quietly_later(office: Office) -> None:
    await office.is_answered()
    await _lose_connection(office, _channel(office, "Up", bridge="b1"))
    office.hangs_up()
    await office.nothing_more()


async def test_a_stop_while_the_connection_was_lost_is_done_then(office: Office) -> None:
    await office.rings()
    office.peer.writer.close()
    while office.client.connected:
        await asyncio.sleep(0)
    office.lines.stop(*NAMED, "caller_gone")
    comparing = asyncio.create_task(_lose_connection(office, _channel(office, "Ringing")))
    await comparing
    await office.asked_to_hang_up("16")
    office.hangs_up()
    assert isinstance(await office.told.get(), OfferFailed)


@pytest.mark.parametrize("heard", [True, False])
async def test_the_connection_is_lost_before_asterisk_said_that_it_rings(office: Office, heard: bool) -> None:
    await office.asked_to_ring()
    await _lose_connection(office, *([_channel(office, "Ringing")] if heard else []))
    assert await office.told.get() == (OfferRinging(*NAMED) if heard else OfferFailed(*NAMED, "failed"))
    await office.nothing_more()


async def test_what_a_controller_left_ringing_is_hung_up_and_its_conversations_are_not(office: Office) -> None:
    comparing = asyncio.create_task(office.lines.resynchronise())
    named = {"Channel": CHANNEL, "ChannelStateDesc": "Ringing"}
    await office.asked_for_channels(
        {"Uniqueid": "offer-9.9-1001-1-aaa", "BridgeId": "", **named},
        {"Uniqueid": "offer-9.9-1002-1-aaa", "BridgeId": "b1", **named},
        {"Uniqueid": "1700000000.1", "BridgeId": "", **named},
    )
    await office.asked_to_hang_up("16", "offer-9.9-1001-1-aaa")
    await comparing
    await office.nothing_more()


async def test_a_line_that_ends_or_begins_while_it_is_compared_is_told_of_once(office: Office) -> None:
    await office.rings()
    ended = office.id
    comparing = asyncio.create_task(office.lines.resynchronise())
    asked_for = await office.peer.expect("CoreShowChannels")
    office.peer.event("Hangup", Uniqueid=ended, Cause="17")
    assert await office.told.get() == OfferFailed(*NAMED, "busy")
    beginning = await office.asked_to_ring()
    office.peer.answer(asked_for, EventList="start")
    office.peer.event("CoreShowChannelsComplete", ActionID=asked_for["ActionID"], EventList="Complete")
    await comparing
    office.peer.answer(beginning)
    await office.nothing_more()


async def test_a_line_that_asterisk_has_not_taken_on_yet_is_not_compared(office: Office) -> None:
    beginning = await office.asked_to_ring()
    comparing = asyncio.create_task(office.lines.resynchronise())
    await office.asked_for_channels()
    await comparing
    office.peer.answer(beginning)
    await office.nothing_more()


# ---- what the phone shows


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        (Shown(), '"" <>'),
        (Shown("+8613800000001", 'a "b" \\ c'), r'"a \"b\" \\ c" <+8613800000001>'),
        (Shown("1001", "x\r\nAction: Hangup"), '"xAction: Hangup" <1001>'),
        (Shown("10<01", "<sip:evil@example.com>|,;${EXTEN}"), '"<sip:evil@example.com>|,;${EXTEN}" <1001>'),
    ],
)
def test_a_name_stays_a_name(shown: Shown, sent: str) -> None:
    assert caller_id(shown) == sent
