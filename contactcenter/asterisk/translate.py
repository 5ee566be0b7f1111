"""Asterisk's words into ours: device states, dial statuses, callers, AMI events."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from contactcenter.acd.inputs import PhoneIs
from contactcenter.agents.states import Phone
from contactcenter.asterisk import causes
from contactcenter.calls.arrival import Arrival, Return
from contactcenter.configuration.models import Trunk
from contactcenter.customers.numbers import LONGEST, as_dialed, normalise
from contactcenter.errors import BadInput
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber
from contactcenter.outbound import DIALABLE

TECHNOLOGY = "PJSIP/"
TRUNK = "trunk"

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


def addresses_of(number: str, agents: Collection[str], region: str, trunks: Iterable[Trunk]) -> tuple[str, ...]:
    """Where Dial finds a number, the first choice first: the phone of an agent, or the trunks that calls out may take, each
    with the number as it wants it; the trunk of contactcenter.toml where none was set up. Raises BadInput.
    """
    if number in agents:
        return (f"{TECHNOLOGY}{number}",)
    ways = tuple(address_over(trunk, number, region) for trunk in trunks if trunk.outgoing and trunk.host)
    return ways or (f"{TECHNOLOGY}{_dialable(number, region)}@{TRUNK}",)


def address_over(trunk: Trunk, number: str, region: str) -> str:
    """A number over one trunk. region: the site's. Raises BadInput."""
    return f"{TECHNOLOGY}{_dialable(number, trunk.region or region)}@{endpoint_of(trunk)}"


def endpoint_of(trunk: Trunk) -> str:
    """A trunk's name in Asterisk, see pjsip.conf."""
    return f"{TRUNK}-{trunk.name}"


def _dialable(number: str, region: str) -> str:
    if not DIALABLE.fullmatch(number):
        raise BadInput(f"{number!r} can't be dialed. Use digits, with + for another country.")
    return as_dialed(number, region)


def arrival(env: Mapping[str, str], region: str, agents: frozenset[str], trunks: Mapping[str, Trunk]) -> Arrival:
    """The arrival of a FastAGI request (agi_* variables). Its arguments: the hotline, what an agent dialed to hand the caller
    over, the trunk. region: the site's.
    """
    raw, name = env.get("agi_callerid", ""), env.get("agi_arg_3", "")
    trunk = trunks.get(name)
    strip, region = (trunk.strip, trunk.region or region) if trunk else ("", region)
    return Arrival(
        hotline=env.get("agi_arg_1", ""),
        caller=normalise(raw.removeprefix(strip), region, agents),
        raw_caller="" if raw == "unknown" else plain_text(raw),
        caller_name=""
        if env.get("agi_calleridname", "unknown") == "unknown"
        else plain_text(_unquote(env["agi_calleridname"])),
        trunk=name,
    )


def returned(env: Mapping[str, str], now: datetime) -> Return | None:
    """What a FastAGI request tells of a call that another controller had; None for one that nobody had. Its arguments: how often it
    was tried before, the results of Bridge and Dial, and when the last try that had one ended.
    """
    handed_over = env.get("agi_network_script") == "transfer"
    if env.get("agi_arg_4", "0") == "0" and not handed_over:
        return None
    bridge, _, dial = env.get("agi_arg_5", "").partition("/")
    left = env.get("agi_arg_6", "")
    left_at = datetime.fromtimestamp(float(left), UTC) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", left) else now
    to = env.get("agi_arg_2", "") if handed_over else ""
    return Return(bridge == "SUCCESS" or dial == "ANSWER", min(left_at, now), to)


def _unquote(name: str) -> str:
    """A display name as it was meant: Asterisk hands on the quoted-pairs of RFC 3261 section 25.1 as they came."""
    return re.sub(r"\\(.)", r"\1", name)


def plain_text(text: str) -> str:
    """Without control characters, not longer than a name or number can be."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST]


class AmiEvents:
    """Sorts AMI events to whoever asked for them; the others are dropped.

    channels: who hears of the channels whose id begins with `PREFIX-`. answers: by the id of a channel that dials, who hears
    that the other end has answered. keys: by the id of a caller's channel, who hears which keys are pressed. registry: who
    hears how a registration with a provider went. logins: who hears how phones and trunks sign in with us.
    """

    def __init__(self, on_phone: Callable[[PhoneIs], None]) -> None:
        self._on_phone = on_phone
        self.channels: dict[str, Callable[[Mapping[str, str]], None]] = {}
        self.answers: dict[str, Callable[[], None]] = {}
        self.keys: dict[str, Callable[[str], None]] = {}
        self.registry: Callable[[Mapping[str, str]], None] = lambda _: None
        self.logins: Callable[[Mapping[str, str]], None] = lambda _: None

    def take(self, event: Mapping[str, str]) -> None:
        if event["Event"] in PHONE_EVENTS:
            if (state := phone_event(event)) is not None:
                self._on_phone(state)
            return
        for name in ("DestUniqueid", "Uniqueid", "ActionID"):
            if (hears := self.channels.get(event.get(name, "").partition("-")[0])) is not None:
                hears(event)
                return
        self._take_other(event)

    def _take_other(self, event: Mapping[str, str]) -> None:
        match event["Event"]:
            case "DialEnd" if event["DialStatus"] == "ANSWER":
                if (answered := self.answers.get(event.get("Uniqueid", ""))) is not None:
                    answered()
            case "DTMFEnd" if event["Direction"] == "Received":
                if (pressed := self.keys.get(event["Uniqueid"])) is not None:
                    pressed(event["Digit"])
            case "Registry":
                self.registry(event)
            case "ChallengeResponseFailed" | "SuccessfulAuth":
                self.logins(event)
            case _:
                pass
