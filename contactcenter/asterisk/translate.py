"""Asterisk's words into ours: device states, dial statuses, callers, AMI events."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contactcenter.acd.inputs import PhoneIs
from contactcenter.agents.states import Phone
from contactcenter.asterisk import causes
from contactcenter.calls.arrival import Arrival
from contactcenter.customers.numbers import LONGEST, normalise
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber, CallId

log = logging.getLogger(__name__)

TECHNOLOGY = "PJSIP/"

PHONES: dict[str, Phone] = {
    "NOT_INUSE": "free",
    "INUSE": "busy",
    "BUSY": "busy",
    "RINGING": "busy",
    "RINGINUSE": "busy",
    "ONHOLD": "busy",
    "UNAVAILABLE": "unreachable",
    "INVALID": "unreachable",
    "UNKNOWN": "unreachable",
}
"""Asterisk's device states (main/devicestate.c)."""

MISSES: dict[str, MissReason] = {
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "CONGESTION": "rejected",
    "CHANUNAVAIL": "unreachable",
    "CANCEL": "caller_gone",
}
"""DIALSTATUS of app_dial, without ANSWER; see also `miss`."""


def miss(dial_status: str, cause: str) -> MissReason:
    """Why a dial was not answered. app_dial counts a phone that declines (SIP 603) with those that are not there."""
    if dial_status == "CHANUNAVAIL" and cause == causes.CALL_REJECTED:
        return "rejected"
    return MISSES.get(dial_status, "failed")


def phone_state(device: str, state: str) -> PhoneIs | None:
    """The state of an agent's phone; None for devices that are none."""
    if not device.startswith(TECHNOLOGY):
        return None
    return PhoneIs(AgentNumber(device.removeprefix(TECHNOLOGY)), PHONES.get(state, "unreachable"))


def arrival(env: Mapping[str, str], region: str, agents: frozenset[str]) -> Arrival:
    """The arrival of a FastAGI request (agi_* variables); its first argument is the hotline."""
    raw = env.get("agi_callerid", "")
    return Arrival(
        hotline=env.get("agi_arg_1", ""),
        caller=normalise(raw, region, agents),
        raw_caller="" if raw == "unknown" else _plain(raw),
        caller_name=""
        if env.get("agi_calleridname", "unknown") == "unknown"
        else _plain(_unquote(env["agi_calleridname"])),
    )


def _unquote(name: str) -> str:
    """A display name as it was meant: Asterisk hands on the quoted-pairs of RFC 3261 section 25.1 as they came."""
    return re.sub(r"\\(.)", r"\1", name)


def _plain(text: str) -> str:
    """Without control characters, not longer than a name or number can be."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST]


@dataclass(slots=True)
class Dialing:
    """One dial under way, as AMI reports it."""

    on_ringing: Callable[[], None]
    on_answered: Callable[[], None]


class AmiEvents:
    """Sorts AMI events: to the dial of a call, or to whoever watches the phones."""

    def __init__(self, on_phone: Callable[[PhoneIs], None]) -> None:
        self._on_phone = on_phone
        self.dials: dict[CallId, Dialing] = {}

    def take(self, event: Mapping[str, str]) -> None:
        match event["Event"]:
            case "DeviceStateChange":
                if (state := phone_state(event["Device"], event["State"])) is not None:
                    self._on_phone(state)
            case "DialState" if event["DialStatus"] == "RINGING":
                if (dialing := self._dialing(event)) is not None:
                    dialing.on_ringing()
            case "DialEnd" if event["DialStatus"] == "ANSWER":
                if (dialing := self._dialing(event)) is not None:
                    dialing.on_answered()
            case _:
                pass

    def _dialing(self, event: Mapping[str, str]) -> Dialing | None:
        return self.dials.get(CallId(event.get("Uniqueid", "")))
