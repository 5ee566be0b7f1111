"""What the wire makes of SIP messages: milestones and endings of a call, without SIPp and without a server."""

import pytest

from rig.leg import Leg
from rig.sip import SipMessage, reply

SDP = b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio %d RTP/AVP 0 101\r\na=sendrecv\r\n"


def message(first, cseq, *, sent, more=b"", body=b"", at=0.0):
    head = f"{first}\r\nVia: SIP/2.0/UDP x\r\nFrom: <sip:1@a>\r\nTo: <sip:2@b>\r\nCall-ID: c1\r\nCSeq: {cseq}\r\n"
    return SipMessage(head.encode() + more + b"\r\n" + body, sent=sent, at=at)


def outgoing(*steps):
    first = message("INVITE sip:400@b SIP/2.0", "1 INVITE", sent=True)
    leg = Leg(None, first)
    for step in (first, *steps):
        leg.feed(step)
    return leg


INVITE_AGAIN = message("INVITE sip:400@b SIP/2.0", "2 INVITE", sent=True, more=b"Authorization: Digest x\r\n")
CHALLENGE = message("SIP/2.0 401 Unauthorized", "1 INVITE", sent=False)
RINGING = message("SIP/2.0 180 Ringing", "2 INVITE", sent=False, at=2.0)
OK = message("SIP/2.0 200 OK", "2 INVITE", sent=False, at=3.0, body=SDP % 4000)
ACK = message("ACK sip:400@b SIP/2.0", "2 ACK", sent=True, at=3.1)
CANCEL = message("CANCEL sip:400@b SIP/2.0", "2 CANCEL", sent=True, at=2.5)
GONE = message("SIP/2.0 487 Request Terminated", "2 INVITE", sent=False, at=2.6)


def test_a_challenge_is_not_a_refusal():
    leg = outgoing(CHALLENGE, INVITE_AGAIN, RINGING)
    assert leg.ending is None
    assert leg.ringing_at == 2.0


def test_a_second_challenge_is_one():
    leg = outgoing(CHALLENGE, INVITE_AGAIN, message("SIP/2.0 401 Unauthorized", "2 INVITE", sent=False))
    assert (leg.ending.how, leg.ending.code) == ("refused", 401)


@pytest.mark.parametrize(("sent", "how"), [(True, "own_bye"), (False, "remote_bye")])
def test_the_side_that_says_bye_is_known(sent, how):
    bye = message("BYE sip:x SIP/2.0", "3 BYE", sent=sent, at=9.0, more=b"Reason: Q.850;cause=16\r\n")
    leg = outgoing(CHALLENGE, INVITE_AGAIN, OK, ACK, bye)
    assert (leg.ending.how, leg.ending.at, leg.ending.cause, leg.over) == (how, 9.0, 16, False)
    leg.feed(message("SIP/2.0 200 OK", "3 BYE", sent=not sent))
    assert leg.over


def test_a_cancelled_call_is_over_with_its_ack():
    leg = outgoing(CHALLENGE, INVITE_AGAIN, RINGING, CANCEL, GONE)
    assert (leg.ending.how, leg.ending.at, leg.over) == ("cancelled", 2.5, False)
    leg.feed(ACK)
    assert leg.over


@pytest.mark.parametrize("order", [(CANCEL, OK, ACK), (OK, CANCEL, ACK)])
def test_an_answer_that_crosses_a_cancel_wins(order):
    leg = outgoing(CHALLENGE, INVITE_AGAIN, RINGING, *order)
    assert leg.answered
    assert leg.cancelled_at is None
    assert leg.ending is None
    assert leg._may_hang_up()


def test_nothing_is_cancelled_before_a_provisional_response():
    assert not outgoing(CHALLENGE, INVITE_AGAIN)._may_hang_up()
    assert outgoing(CHALLENGE, INVITE_AGAIN, RINGING)._may_hang_up()


def test_messages_are_read_with_compact_and_folded_headers():
    raw = b'INVITE sip:1001@a SIP/2.0\r\ni: c9\r\nf: "x\r\n y" <sip:1@a>\r\nCSeq: 7 INVITE\r\n\r\n' + SDP % 4002
    one = SipMessage(raw, sent=False)
    assert (one.call_id, one.cseq, one.uri_user) == ("c9", (7, "INVITE"), "1001")
    assert one.header("From") == '"x y" <sip:1@a>'
    assert one.media_address == ("127.0.0.1", 4002)
    assert not one.on_hold


def test_a_reply_keeps_what_it_must():
    answer = SipMessage(reply(message("OPTIONS sip:x SIP/2.0", "5 OPTIONS", sent=False), 200, "OK"), sent=True)
    assert (answer.status, answer.cseq, answer.call_id) == (200, (5, "OPTIONS"), "c1")
    assert answer.header("To") == "<sip:2@b>;tag=rig"
