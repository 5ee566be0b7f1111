"""Hang-up causes (ITU-T Q.850) that we tell apart, as Asterisk gives them: AMI's Cause, the channel's HANGUPCAUSE."""

import re

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

NO_WAY = frozenset({"", "3", "20", "27", "34", "38", "41", "42", "44"})
"""No route, not there, out of order, congestion: the trunk's trouble, not that of whoever is called."""
NO_SERVICE = frozenset({401, 402, 403, 407, 408})
"""SIP's codes below 500 by which a provider does not take a call, or says nothing at all; 500 to 599 are such as well."""


def trunk_failed(cause: str, sip: int | None) -> bool:
    """Whether a call was not answered because of the trunk, so that another one may do better.

    cause: Q.850, "" when there never was a channel; sip: the status of the provider's answer, None where it is not known.
    """
    if sip is not None:
        return sip in NO_SERVICE or 500 <= sip < 600
    return cause in NO_WAY


def sip_status(text: str) -> int | None:
    """The status in Asterisk's words for it: "403", "SIP 403 Forbidden"."""
    found = re.search(r"\b[1-6][0-9]{2}\b", text)
    return int(found[0]) if found else None
