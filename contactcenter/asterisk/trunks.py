"""The site's trunks as Asterisk sees them: registered or not, there or not; and trial calls over them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem, AmiRefused
from contactcenter.asterisk.translate import AmiEvents, address_over, endpoint_of
from contactcenter.asterisk.trunk_test import TrialCalls
from contactcenter.clock import Clock
from contactcenter.configuration.models import Configuration, Trunk
from contactcenter.configuration.trunks import account_uri
from contactcenter.errors import BadInput, NotFound
from contactcenter.events import AlarmRaised, Fact
from contactcenter.outbound import OutboundCalls
from contactcenter.trunks import Registration, TrunkState, TrunkTest

log = logging.getLogger(__name__)

REGISTRATIONS: dict[str, Registration] = {
    "Registered": "registered",
    "Unregistered": "registering",
    "Rejected": "rejected",
    "Stopped": "rejected",
}
"""Status of res_pjsip_outbound_registration."""
SIGN_OUT_SECONDS = 2.0
REACHABLE = {"Reachable": True, "Unreachable": False}
"""Contact status of res_pjsip; others are of contacts that are not asked, or not yet."""


class AsteriskTrunks:
    """The TrunkDesk port. configuration: what holds now; region: the site's; publish: hears of registrations that are lost."""

    def __init__(
        self,
        ami: AmiClient,
        events: AmiEvents,
        *,
        configuration: Callable[[], Configuration],
        region: str,
        clock: Clock,
        publish: Callable[[Fact], None],
        outbound: OutboundCalls,
    ) -> None:
        self._ami, self._configuration, self._region = ami, configuration, region
        self._clock, self._publish, self._outbound = clock, publish, outbound
        self._trials = TrialCalls(ami, events)
        self._to_register: set[str] = set()
        self._to_end: dict[str, Trunk] = {}
        self._signed_out: dict[str, asyncio.Event] = {}
        self._rejected: set[str] = set()
        events.registry = self._registry

    async def states(self) -> list[TrunkState]:
        try:
            registrations = await self._registrations()
            return [await self._state(trunk, registrations) for trunk in self._configuration().trunks.values()]
        except AmiProblem as problem:
            raise BadInput(f"Asterisk can't be asked about trunks: {problem}") from problem

    async def test(self, trunk: str, number: str, seconds: float) -> TrunkTest:
        now = self._configuration()
        if (known := now.trunks.get(trunk)) is None:
            raise NotFound(f"there is no trunk {trunk}. See: contactcenter trunk list")
        if not known.host:
            raise BadInput(f"trunk {trunk} has no host, so no call can go out over it. Say host=...")
        address = address_over(known, number, self._region)
        over = self._outbound.begin(number)
        try:
            return await self._trials.call(trunk, number, address, next(iter(now.hotlines), ""), seconds)
        except AmiProblem as problem:
            raise BadInput(f"the trial call over trunk {trunk} could not be made: {problem}") from problem
        finally:
            over()

    def changed(self, before: Configuration, after: Configuration) -> None:
        """Takes note of registrations that are over, and of those to be made again."""
        self._to_end |= {
            name: trunk
            for name, trunk in before.trunks.items()
            if trunk.kind == "registration" and _account(after.trunks.get(name)) != _account(trunk)
        }
        self._to_register |= {
            name
            for name, trunk in after.trunks.items()
            if trunk.kind == "registration" and before.trunks.get(name) not in {None, trunk}
        }
        self._rejected -= {name for name, trunk in after.trunks.items() if before.trunks.get(name) != trunk}

    async def end_registrations(self) -> None:
        """Signs out where a trunk was taken out or has another account, while Asterisk still knows the password. Whoever does not
        answer is not waited for. Raises AmiProblem.
        """
        ending, self._to_end = self._to_end, {}
        self._signed_out = {account_uri(trunk): asyncio.Event() for trunk in ending.values()}
        for trunk in ending.values():
            try:
                await self._ami.action("PJSIPUnregister", Registration=endpoint_of(trunk))
            except AmiRefused as refusal:
                log.info("trunk %s is not signed out: %s", trunk.name, refusal)
                self._signed_out[account_uri(trunk)].set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SIGN_OUT_SECONDS):
                for signed_out in self._signed_out.values():
                    await signed_out.wait()

    async def register_changed(self) -> None:
        """Asterisk would take a new password only when the registration ends. Raises AmiProblem."""
        while self._to_register:
            name = self._to_register.pop()
            if (trunk := self._configuration().trunks.get(name)) is not None:
                try:
                    await self._ami.action("PJSIPRegister", Registration=endpoint_of(trunk))
                except AmiRefused as refusal:
                    log.info("trunk %s registers by itself: %s", name, refusal)

    async def _state(self, trunk: Trunk, registrations: Mapping[str, Registration]) -> TrunkState:
        reachable, rtt = None, None
        registration: Registration = ""
        if trunk.kind == "registration":
            registration = registrations.get(endpoint_of(trunk), "registering")
        try:
            for one in await self._ami.action_list("PJSIPShowEndpoint", Endpoint=endpoint_of(trunk)):
                if one["Event"] == "ContactStatusDetail":
                    reachable = REACHABLE.get(one["Status"])
                    rtt = _milliseconds(one["RoundtripUsec"]) if reachable else None
        except AmiRefused:  # added in this very moment
            return TrunkState(trunk.name, registration)
        return TrunkState(trunk.name, registration, reachable, rtt)

    async def _registrations(self) -> dict[str, Registration]:
        """By the names of registrations in Asterisk. The answer has passwords in it."""
        try:
            told = await self._ami.action_list("PJSIPShowRegistrationsOutbound")
        except AmiRefused:  # there is none
            return {}
        return {
            one["ObjectName"]: REGISTRATIONS.get(one["Status"], "registering")
            for one in told
            if one["Event"] == "OutboundRegistrationDetail"
        }

    def _registry(self, event: Mapping[str, str]) -> None:
        """An alarm when a provider does not take a registration (any more), once until it does again."""
        if event["Status"] == "Unregistered" and (signed_out := self._signed_out.get(event["Username"])) is not None:
            signed_out.set()
        for name, trunk in self._configuration().trunks.items():
            if trunk.kind != "registration" or account_uri(trunk) != event["Username"]:
                continue
            if event["Status"] == "Registered":
                self._rejected.discard(name)
            elif event["Status"] == "Rejected" and name not in self._rejected:
                self._rejected.add(name)
                detail = f"trunk {name}: {trunk.host} does not take the registration of {trunk.username}"
                self._publish(AlarmRaised(at=self._clock.now(), name="trunk_not_registered", detail=detail))


def _account(trunk: Trunk | None) -> tuple[str, int, str] | None:
    """Where and as whom a trunk registers."""
    return (trunk.host, trunk.port, trunk.username) if trunk and trunk.kind == "registration" else None


def _milliseconds(microseconds: str) -> float | None:
    return int(microseconds) / 1000 if microseconds.isdigit() else None
