"""Asterisk's words into ours: device states, dial statuses, callers, AMI events."""

import re
from collections.abc import Callable, Collection, Mapping

from contactcenter.acd.inputs import PhoneIs
from contactcenter.agents.states import Phone
from contactcenter.asterisk import causes
from contactcenter.calls.arrival import Arrival
from contactcenter.customers.numbers import LONGEST, as_dialed, normalise
from contactcenter.errors import BadInput
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber

TECHNOLOGY = "PJSIP/"
TRUNK = "trunk"
DIALABLE = re.compile(r"\+?[0-9]{2,20}")

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


PHONE_EVENTS = frozenset({"DeviceStateChange", "PeerStatus"})


def phone_event(event: Mapping[str, str]) -> PhoneIs | None:
    """What an event says of a phone. PeerStatus comes only when one is gone: the state of a device that rings or talks does
    not tell that.
    """
    if event["Event"] == "PeerStatus":
        return phone_state(event["Peer"], "UNAVAILABLE")
    return phone_state(event["Device"], event["State"])


def address_of(number: str, agents: Collection[str], region: str) -> str:
    """Where Dial finds a number: the phone of an agent, or the trunk as it wants numbers. Raises BadInput."""
    if number in agents:
        return f"{TECHNOLOGY}{number}"
    if not DIALABLE.fullmatch(number):
        raise BadInput(f"{number!r} can't be dialed. Use digits, with + for another country.")
    return f"{TECHNOLOGY}{as_dialed(number, region)}@{TRUNK}"


def arrival(env: Mapping[str, str], region: str, agents: frozenset[str]) -> Arrival:
    """The arrival of a FastAGI request (agi_* variables); its first argument is the hotline."""
    raw = env.get("agi_callerid", "")
    return Arrival(
        hotline=env.get("agi_arg_1", ""),
        caller=normalise(raw, region, agents),
        raw_caller="" if raw == "unknown" else plain_text(raw),
        caller_name=""
        if env.get("agi_calleridname", "unknown") == "unknown"
        else plain_text(_unquote(env["agi_calleridname"])),
    )


def _unquote(name: str) -> str:
    """A display name as it was meant: Asterisk hands on the quoted-pairs of RFC 3261 section 25.1 as they came."""
    return re.sub(r"\\(.)", r"\1", name)


def plain_text(text: str) -> str:
    """Without control characters, not longer than a name or number can be."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST]


class AmiEvents:
    """Sorts AMI events to whoever asked for them; the others are dropped.

    channels: who hears of the channels whose id begins with `PREFIX-`. answers: by the id of a channel that dials, who hears
    that the other end has answered. keys: by the id of a caller's channel, who hears which keys are pressed.
    """

    def __init__(self, on_phone: Callable[[PhoneIs], None]) -> None:
        self._on_phone = on_phone
        self.channels: dict[str, Callable[[Mapping[str, str]], None]] = {}
        self.answers: dict[str, Callable[[], None]] = {}
        self.keys: dict[str, Callable[[str], None]] = {}

    def take(self, event: Mapping[str, str]) -> None:
        if event["Event"] in PHONE_EVENTS:
            if (state := phone_event(event)) is not None:
                self._on_phone(state)
            return
        for name in ("DestUniqueid", "Uniqueid", "ActionID"):
            if (hears := self.channels.get(event.get(name, "").partition("-")[0])) is not None:
                hears(event)
                return
        match event["Event"]:
            case "DialEnd" if event["DialStatus"] == "ANSWER":
                if (answered := self.answers.get(event.get("Uniqueid", ""))) is not None:
                    answered()
            case "DTMFEnd" if event["Direction"] == "Received":
                if (pressed := self.keys.get(event["Uniqueid"])) is not None:
                    pressed(event["Digit"])
            case _:
                pass
