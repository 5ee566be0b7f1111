"""Draining: no more calls are taken, those that are there are served to their end."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from contactcenter.center import Center
from contactcenter.errors import BadInput

WORDS = {"on": True, "off": False}


def install(app: web.Application, center: Center, calls_left: Callable[[], Awaitable[int]]) -> None:
    """POST /api/v1/drain/on, /off: answers with the calls that are left, and how many of them wait."""

    async def drain(request: web.Request) -> web.Response:
        word = request.match_info["word"]
        if word not in WORDS:
            raise BadInput(f"there is no {word}; use one of: {', '.join(WORDS)}")
        center.draining = WORDS[word]
        waiting = sum(1 for place in center.distributor.engine.waiting if place.call in center.live_calls)
        return web.json_response({"draining": center.draining, "calls": await calls_left(), "waiting": waiting})

    app.router.add_post("/api/v1/drain/{word}", drain)
