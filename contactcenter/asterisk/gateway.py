"""The site's Asterisk as the controller reaches it: one AMI connection, agents' lines, the switchboard, callers' phones, trunks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from contactcenter.acd.inputs import Input, PhoneIs
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.duty import Duty
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.exchange import Exchange
from contactcenter.asterisk.lines import AsteriskLines
from contactcenter.asterisk.logins import LoginGuard
from contactcenter.asterisk.networks import exempt
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.render import FALLBACK, PHONES
from contactcenter.asterisk.shut_out import ShutOut
from contactcenter.asterisk.switchboard import AsteriskSwitchboard
from contactcenter.asterisk.translate import AmiEvents, addresses_of, phone_state
from contactcenter.asterisk.trunks import AsteriskTrunks
from contactcenter.clock import Clock
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.models import Configuration
from contactcenter.errors import SiteError
from contactcenter.events import Fact
from contactcenter.ids import AgentNumber
from contactcenter.outbound import OutboundCalls

log = logging.getLogger(__name__)

PJSIP = "res_pjsip.so"
READS = {
    PHONES: (PJSIP, "res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so"),
    FALLBACK: ("app_queue.so", "pbx_config.so"),
}
"""Files that change while Asterisk runs -> the modules that read them."""
RETRY_SECONDS = 1.0
AWAY_SECONDS = 3.0
"""Without AMI for so long, nobody knows anything of the phones: nobody is offered a call. A shorter loss is nobody's concern."""


class Gateway:
    """`tell` hears of phones and offers, `publish` of alarms. configuration: what holds now; write: writes files of Asterisk's
    anew, write_networks the addresses that are shut out; on_duty: whether an agent takes calls; first_look: takes calls over that
    another controller had, before any phone counts as free.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        clock: Clock,
        *,
        write: Callable[[Iterable[str]], None],
        write_networks: Callable[[tuple[str, ...]], None],
        tell: Callable[[Input], None],
        publish: Callable[[Fact], None],
        configuration: Callable[[], Configuration],
        on_duty: Callable[[AgentNumber], bool],
        first_look: Callable[[], Awaitable[None]],
    ) -> None:
        self._tell, self._configuration, self._region = tell, configuration, settings.region
        self._write, self._first_look = write, first_look
        self._unwritten = {*READS}
        """What changed while no controller ran, Asterisk has not heard of."""
        self._changed = asyncio.Event()
        self._changed.set()
        self._away: asyncio.TimerHandle | None = None
        events = AmiEvents(on_phone=tell)
        outbound = OutboundCalls(settings, clock, lambda: configuration().agents)
        self.ami = AmiClient(
            "127.0.0.1",
            settings.ports.ami,
            "controller",
            secrets.ami_secret,
            on_event=events.take,
            on_connected=self._resynchronise,
            on_disconnected=self._lost,
        )
        self.duty = Duty(self.ami, configuration, on_duty)
        self.lines = AsteriskLines(self.ami, events, tell)
        self.switchboard = AsteriskSwitchboard(self.ami, events, self._addresses, outbound)
        self.trunks = AsteriskTrunks(
            self.ami,
            events,
            configuration=configuration,
            region=settings.region,
            clock=clock,
            publish=publish,
            outbound=outbound,
        )
        self._reloading = asyncio.Lock()
        self._shut_out = ShutOut(
            self.ami,
            events,
            LoginGuard(settings.sip, lambda: exempt(settings, configuration())),
            clock,
            write=write_networks,
            reload=partial(self._reload, PJSIP),
            publish=publish,
        )
        self._exchange = Exchange(self.ami, events, self.lines, clock, self._addresses, outbound)

    async def run(self) -> None:
        """Until cancelled. Raises AmiLoginRefused."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.lines.run(), name="lines")
            group.create_task(self.ami.run(), name="ami")
            group.create_task(self._keep_files(), name="files")
            group.create_task(self.duty.run(), name="duty")
            group.create_task(self._shut_out.run(), name="shut out")

    def reconfigure(self, before: Configuration, after: Configuration) -> None:
        """Asterisk learns of other phones, trunks and queues as soon as it answers; calls under way go on."""
        if (before.agents, before.trunks) != (after.agents, after.trunks):
            self.trunks.changed(before, after)
            self._rewrite(PHONES)
            self._shut_out.changed()
        if any(getattr(before, name) != getattr(after, name) for name in ("queues", "hotlines", "routes", "flows")):
            self._rewrite(FALLBACK)

    def _rewrite(self, files: tuple[str, ...]) -> None:
        self._unwritten.add(files)
        self._changed.set()

    async def _keep_files(self) -> None:
        """Writes and reloads what changed, at first and after each change."""
        while True:
            await self._changed.wait()
            await self.ami.wait_connected()
            self._changed.clear()
            files, self._unwritten = self._unwritten, set()
            try:
                if PHONES in files:
                    await self.trunks.end_registrations()
                await asyncio.to_thread(self._write, [name for group in files for name in group])
                for module in (module for group in files for module in READS[group]):
                    await self._reload(module)
                if PHONES in files:
                    await self.trunks.register_changed()
                    await self._resynchronise()
                else:
                    self.duty.everybody()
            except (SiteError, AmiProblem) as error:
                log.warning("phones, trunks and queues could not be reloaded, trying again: %s", error)
                self._unwritten |= files
                self._changed.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _reload(self, module: str) -> None:
        """Asterisk takes one at a time, and refuses the others."""
        async with self._reloading:
            await self.ami.action("Reload", Module=module)

    def phone(self, session: AgiSession) -> AsteriskPhone:
        """The line of a channel that asked for the controller."""
        return AsteriskPhone(session, self._exchange)

    async def _resynchronise(self) -> None:
        """The state of every phone and of all lines, on each connection; a phone that Asterisk does not list is not there."""
        await self.lines.resynchronise()
        await self._first_look()
        self.duty.everybody()
        states = [phone_state(m["Device"], m["State"]) for m in await self.ami.action_list("DeviceStateList")]
        known = {state.agent: state for state in states if state is not None}
        for number in self._configuration().agents:
            self._tell(known.get(number, PhoneIs(number, "unreachable")))
        if self._away is not None:
            self._away.cancel()
            self._away = None

    def _lost(self) -> None:
        """A connection that comes and goes without being of use counts as one that is lost."""
        if self._away is None:
            self._away = asyncio.get_running_loop().call_later(AWAY_SECONDS, self._is_away)

    def _is_away(self) -> None:
        for number in self._configuration().agents:
            self._tell(PhoneIs(number, "unreachable"))

    def _addresses(self, number: str) -> tuple[str, ...]:
        now = self._configuration()
        return addresses_of(number, now.agents, self._region, now.trunks.values())
