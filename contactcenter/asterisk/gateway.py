"""The site's Asterisk as the controller reaches it: one AMI connection, agents' lines, the switchboard, callers' phones."""

import asyncio
from collections.abc import Callable, Collection

from contactcenter.acd.inputs import Input, PhoneIs
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.lines import AsteriskLines
from contactcenter.asterisk.phone import AsteriskPhone, Exchange
from contactcenter.asterisk.switchboard import AsteriskSwitchboard
from contactcenter.asterisk.translate import AmiEvents, address_of, phone_state
from contactcenter.clock import Clock
from contactcenter.config import Secrets, Settings
from contactcenter.ids import AgentNumber


class Gateway:
    """`tell` hears of phones and offers. agents: those there are now."""

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        clock: Clock,
        tell: Callable[[Input], None],
        agents: Callable[[], Collection[AgentNumber]],
    ) -> None:
        self._tell, self._agents, self._region = tell, agents, settings.region
        events = AmiEvents(on_phone=tell)
        self.ami = AmiClient(
            "127.0.0.1",
            settings.ports.ami,
            "controller",
            secrets.ami_secret,
            on_event=events.take,
            on_connected=self._resynchronise,
        )
        self.lines = AsteriskLines(self.ami, events, tell)
        self.switchboard = AsteriskSwitchboard(self.ami, events, self._address)
        self._exchange = Exchange(self.ami, events, self.lines, clock, self._address)

    async def run(self) -> None:
        """Until cancelled. Raises AmiLoginRefused."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.lines.run(), name="lines")
            group.create_task(self.ami.run(), name="ami")

    def phone(self, session: AgiSession) -> AsteriskPhone:
        """The line of a channel that asked for the controller."""
        return AsteriskPhone(session, self._exchange)

    async def _resynchronise(self) -> None:
        """The state of every phone and of all lines, on each connection; a phone that Asterisk does not list is not there."""
        states = [phone_state(m["Device"], m["State"]) for m in await self.ami.action_list("DeviceStateList")]
        known = {state.agent: state for state in states if state is not None}
        for number in self._agents():
            self._tell(known.get(number, PhoneIs(number, "unreachable")))
        await self.lines.resynchronise()

    def _address(self, number: str) -> str:
        return address_of(number, self._agents(), self._region)
