"""Where Asterisk's FastAGI requests come in: each is a new call, one of an earlier controller, a line that is waited for, or a feature code."""

from contactcenter.acd.callback import Promise
from contactcenter.acd.driver import Place
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.features import feature
from contactcenter.asterisk.gateway import Gateway
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.switchboard import promise_of
from contactcenter.asterisk.translate import arrival, returned
from contactcenter.center import Center
from contactcenter.events import CallbackOutcome
from contactcenter.journey import Journey
from contactcenter.logs import CALL
from contactcenter.phone import Phone
from contactcenter.recall import Recall
from contactcenter.recovery import Recovery
from contactcenter.turned_away import TurnedAway


class Reception:
    def __init__(self, center: Center, gateway: Gateway, recovery: Recovery) -> None:
        self._center, self._gateway, self._recovery = center, gateway, recovery

    async def handle(self, session: AgiSession) -> None:
        """One FastAGI request: a caller's call, a line that somebody waits for, or a feature code."""
        phone = self._gateway.phone(session)
        CALL.set(phone.call)
        try:
            if session.path == "feature":
                await feature(session, phone, self._center.distributor.tell)
            elif self._gateway.switchboard.take(phone):
                await phone.released.wait()
            elif (journey := await self._resumed(session, phone)) is not None:
                await self._go(journey)
            elif session.path == "callback":  # answered too late: who called does not wait any more
                await phone.hang_up()
            else:
                now = self._center.configuration
                came = arrival(session.env, self._center.settings.region, frozenset(now.agents), now.trunks)
                await self._go((TurnedAway if self._center.draining else Journey)(phone, came, self._center))
        finally:
            phone.let_go()

    async def _resumed(self, session: AgiSession, phone: AsteriskPhone) -> Journey | None:
        """The journey of a call that another controller had; None for a new one."""
        back = returned(session.env, self._center.clock.now())
        if back is None or phone.call in self._center.live_calls:
            return None
        promise = promise_of(phone.call) if session.path == "callback" else None
        return await self._recovery.take(phone, back, promise or phone.call, recall=promise is not None)

    async def _go(self, journey: Journey) -> None:
        call = journey.note.call
        self._center.live_calls.add(call)
        try:
            await journey.run()
        finally:
            self._center.live_calls.discard(call)

    async def call_back(self, promise: Promise, phone: Phone, place: Place) -> CallbackOutcome:
        """A customer who answered a callback."""
        CALL.set(promise.call)
        self._center.live_calls.add(promise.call)
        try:
            return await Recall(phone, promise, self._center).talk_to(place)
        finally:
            self._center.live_calls.discard(promise.call)
