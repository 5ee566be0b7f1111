"""Hang-up causes (ITU-T Q.850) that we tell apart, as Asterisk gives them: AMI's Cause, the channel's HANGUPCAUSE."""

from contactcenter.events import MissReason

NORMAL = "16"
CALL_REJECTED = "21"
ANSWERED_ELSEWHERE = "26"
"""A phone that is cancelled with it does not list the call as missed (RFC 3326)."""

MISSES: dict[str, MissReason] = {
    "0": "no_answer",
    NORMAL: "no_answer",
    "17": "busy",
    "19": "no_answer",
    CALL_REJECTED: "rejected",
    ANSWERED_ELSEWHERE: "no_answer",
    "1": "unreachable",  # unallocated: SIP 404
    "3": "unreachable",  # no route
    "18": "unreachable",  # no word from the phone: SIP 408
    "20": "unreachable",  # subscriber absent
    "27": "unreachable",  # out of order
}
"""Why a phone that was rung was not answered; "failed" for all others. SIP's codes become these in Asterisk's chan_pjsip.c."""
