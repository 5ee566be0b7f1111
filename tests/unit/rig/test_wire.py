"""The wire between two sockets, one that plays the server and one that plays SIPp: commands, hand-over, who is called."""

import asyncio
import socket

import pytest

from rig.agent import SippAgent, answer_together
from rig.leg import CallEndedError, TransferRefusedError
from rig.ports import LOOPBACK, free_port
from rig.sip import SipMessage
from rig.trunk import TrunkPeer
from rig.wire import Wire

SDP = b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0 101\r\n"


class End:
    """One socket: `says` to the wire, `hears` from it."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((LOOPBACK, 0))
        self.address = self.socket.getsockname()

    async def says(self, wire, first, cseq, *, call="c1", more="", body=b""):
        head = f'{first}\r\nVia: SIP/2.0/UDP x\r\nFrom: "400" <sip:4001234567@a>;tag=1\r\nTo: <sip:2@b>\r\nCall-ID: {call}\r\n'
        data = f"{head}CSeq: {cseq}\r\n{more}\r\n".encode() + body
        await asyncio.get_running_loop().sock_sendto(self.socket, data, (wire.host, wire.port))

    async def hears(self):
        async with asyncio.timeout(2):
            return SipMessage(await asyncio.get_running_loop().sock_recv(self.socket, 9999), sent=True)


@pytest.fixture
async def ends():
    """(server, SIPp, wire)"""
    server, sipp = End(), End()
    wire = await Wire.open(server.address)
    wire.add_child(sipp.address[1], takes_calls=True)
    yield server, sipp, wire
    await wire.close()
    server.socket.close()
    sipp.socket.close()


async def talking(server, sipp, wire, call="c1", number="1001"):
    """A call that SIPp has answered."""
    await server.says(wire, f"INVITE sip:{number}@b SIP/2.0", "1 INVITE", call=call, body=SDP)
    await sipp.hears()
    await sipp.says(wire, "SIP/2.0 180 Ringing", "1 INVITE", call=call)
    await sipp.says(wire, "SIP/2.0 200 OK", "1 INVITE", call=call)
    await server.hears()
    await server.hears()
    await server.says(wire, "ACK sip:2@b SIP/2.0", "1 ACK", call=call)
    await sipp.hears()
    return wire.legs[call]


async def refers(server, sipp, wire):
    """SIPp is commanded to hand over, and does; the command it got."""
    command = await sipp.hears()
    await sipp.says(wire, "REFER sip:x SIP/2.0", "2 REFER")
    assert (await server.hears()).method == "REFER"
    return command


async def notifies(server, wire, number, state, line):
    await server.says(
        wire, "NOTIFY sip:x SIP/2.0", f"{number} NOTIFY", more=f"Subscription-State: {state}\r\n", body=line.encode()
    )
    answer = await server.hears()
    assert (answer.status, answer.cseq) == (200, (number, "NOTIFY"))


async def test_a_phone_hangs_up_when_it_is_told_that_the_transfer_is_done(ends):
    server, sipp, wire = ends
    leg = await talking(*ends)
    transfer = asyncio.create_task(leg.transfer("*4#"))
    command = await refers(*ends)
    assert (command.method, command.header("Rig-Target")) == ("HANDOVER", "*4%23")
    await server.says(wire, "SIP/2.0 202 Accepted", "2 REFER")
    assert (await sipp.hears()).status == 202
    await notifies(server, wire, 7, "active;expires=600", "SIP/2.0 100 Trying\r\n")
    assert not leg.find("BYE")
    await notifies(server, wire, 8, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n")
    assert (await sipp.hears()).method == "HANGUP"
    await sipp.says(wire, "BYE sip:x SIP/2.0", "3 BYE")
    await server.hears()
    await server.says(wire, "SIP/2.0 200 OK", "3 BYE")
    assert (await transfer).how == "own_bye"


async def test_a_server_that_hangs_up_at_once_has_taken_the_caller_over(ends):
    server, sipp, wire = ends
    leg = await talking(*ends)
    transfer = asyncio.create_task(leg.transfer("1002"))
    await refers(*ends)
    await server.says(wire, "BYE sip:x SIP/2.0", "9 BYE")
    assert (await sipp.hears()).method == "BYE"
    await sipp.says(wire, "SIP/2.0 200 OK", "9 BYE")
    assert (await transfer).how == "remote_bye"


async def test_a_refused_transfer_leaves_the_conversation(ends):
    server, sipp, wire = ends
    leg = await talking(*ends)
    transfer = asyncio.create_task(leg.transfer("1002"))
    await refers(*ends)
    await server.says(wire, "SIP/2.0 404 Not Found", "2 REFER")
    assert (await sipp.hears()).status == 600
    with pytest.raises(TransferRefusedError) as refused:
        await transfer
    assert refused.value.code == 404
    assert leg.ending is None


async def test_a_transfer_that_fails_later_is_refused_as_well(ends):
    server, _, wire = ends
    leg = await talking(*ends)
    transfer = asyncio.create_task(leg.transfer("1002"))
    await refers(*ends)
    await notifies(server, wire, 7, "terminated;reason=noresource", "SIP/2.0 503 Service Unavailable\r\n")
    with pytest.raises(TransferRefusedError) as refused:
        await transfer
    assert refused.value.code == 503
    assert leg.ending is None


async def test_a_call_has_the_number_that_is_called_and_the_one_that_is_shown(ends):
    leg = await talking(*ends, number="13800000001")
    assert (leg.number, leg.caller) == ("13800000001", "4001234567")


async def rung(server, agent, call):
    await server.says(agent._wire, f"INVITE sip:{agent.number}@b SIP/2.0", "1 INVITE", call=call, body=SDP)
    assert (await server.hears()).status == 180
    return await agent.wait_ringing()


@pytest.fixture
async def phones(ends):
    """Two phones of real SIPps; the server doesn't know registration."""
    server = ends[0]
    made = [SippAgent(number, "", *server.address, answer_after=None) for number in ("1001", "1002")]
    for agent in made:
        agent.agents = {}  # nothing to register
        await agent.start()
    yield made
    for agent in made:
        await agent.close()


async def test_two_phones_answer_together(ends, phones):
    server = ends[0]
    for agent in phones:
        await rung(server, agent, agent.number)
    sent = await answer_together(*phones)
    assert [agent.call.answered_at for agent in phones] == sent
    assert abs(sent[0] - sent[1]) < 0.1
    answers = [await server.hears() for _ in phones]
    assert {answer.call_id for answer in answers if answer.status == 200} == {"1001", "1002"}
    ports = {answer.media_address[1] for answer in answers}
    assert ports == {agent.media.port for agent in phones}


async def test_phones_of_which_one_was_cancelled_do_not_answer_together(ends, phones):
    server = ends[0]
    one, two = phones
    await rung(server, one, "one")
    await rung(server, two, "two")
    await server.says(two._wire, "CANCEL sip:1002@b SIP/2.0", "1 CANCEL", call="two")
    await two.wait_cancelled()
    with pytest.raises(CallEndedError):
        await answer_together(one, two)
    assert not one.call.answered


async def test_the_far_side_of_a_trunk_waits_at_its_port_without_registering(ends):
    server, port = ends[0], free_port("udp")
    outside = TrunkPeer("", *server.address, port=port, answer_after=None)
    try:
        await outside.start()
        for number in ("13800000001", "13900000002", "13800000001"):
            await server.says(
                outside._wire, f"INVITE sip:{number}@b SIP/2.0", "1 INVITE", call=f"c{len(outside.calls)}", body=SDP
            )
            assert (await server.hears()).status == 180  # not a REGISTER
        assert outside._wire.port == port
        assert await outside.next_call("13900000002") is outside.calls[1]
        assert await outside.next_call("13800000001") is outside.calls[0]
        assert await outside.next_call("13800000001") is outside.calls[2]
    finally:
        await outside.close()
