"""A call that comes while the site is being drained: the caller hears that it can't be taken now."""

from contactcenter.calls.ending import Ending
from contactcenter.journey import Journey

WHY = "no more calls were taken: the site was about to end"


class TurnedAway(Journey):
    async def way(self) -> Ending:
        hotline = self.center.configuration.hotlines.get(self.arrival.hotline)
        await self.phone.answer()
        self.phone.language = hotline.language if hotline else self.phone.language
        await self.phone.play("queue-closed")
        return await self.farewell(Ending("refused", WHY))
