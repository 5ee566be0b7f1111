"""The journey of a customer who is called back: it goes on where it was when the caller hung up."""

from contactcenter.acd.callback import Promise
from contactcenter.acd.driver import Place
from contactcenter.calls.arrival import Arrival
from contactcenter.calls.ending import Ending
from contactcenter.center import Center
from contactcenter.events import CallbackOutcome
from contactcenter.journey import Journey
from contactcenter.phone import Phone
from contactcenter.serving import Wish, serve_callback


class Recall(Journey):
    """Writes its facts under the id of the call that the promise was made in."""

    def __init__(self, phone: Phone, promise: Promise, center: Center) -> None:
        super().__init__(phone, Arrival(promise.hotline, promise.number), center, promise.call)
        self.walk.step, self.promise = "acd", promise

    async def talk_to(self, place: Place) -> CallbackOutcome:
        """From the customer's answer to the last fact."""
        ending = await self.to_the_end(self.way_from(place))
        return "answered" if ending.outcome == "answered" else "abandoned"

    async def way_from(self, place: Place) -> Ending:
        promise = self.promise
        asking = self.center.customers.by_number
        customer = promise.customer or await self.note.or_else(asking(promise.number), None)
        self.walk.customer = customer
        wish = Wish(promise.queue, promise.priority, self.arrival, customer, skills=tuple(sorted(promise.skills)))
        served = await serve_callback(self.phone, place, wish, self.center, self.note)
        ending, talked = await self.talks(wish, served)
        return await self.rate() if talked else await self.farewell(ending)
