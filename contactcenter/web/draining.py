"""Draining: no more calls are taken, those that are there are served to their end.

It is over by itself when nobody asks for it any more: whoever wanted the site to end may be gone, and callers would be turned away
until somebody notices.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from contactcenter.center import Center
from contactcenter.errors import BadInput

WORDS = {"on": True, "off": False}
LEASE = timedelta(seconds=10)
"""For which one request holds."""


def install(app: web.Application, center: Center, calls_left: Callable[[], Awaitable[int]]) -> None:
    """POST /api/v1/drain/on, for LEASE, and /off: answers with the calls that are left, and how many of them wait. When those can't
    be counted nothing is changed.
    """

    async def drain(request: web.Request) -> web.Response:
        word = request.match_info["word"]
        if word not in WORDS:
            raise BadInput(f"there is no {word}; use one of: {', '.join(WORDS)}")
        calls = await calls_left()
        center.drain_until = center.clock.now() + LEASE if WORDS[word] else None
        waiting = sum(1 for place in center.distributor.engine.waiting if place.call in center.live_calls)
        return web.json_response({"draining": center.draining, "calls": calls, "waiting": waiting})

    app.router.add_post("/api/v1/drain/{word}", drain)
