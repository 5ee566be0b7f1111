"""Calls in the HTTP API: for commands that change what is stored of them."""

from collections.abc import Awaitable, Callable

from aiohttp import web

FORGET = web.AppKey[Callable[[], Awaitable[None]]]("forget")

routes = web.RouteTableDef()


def install(app: web.Application, forget: Callable[[], Awaitable[None]]) -> None:
    app[FORGET] = forget
    app.add_routes(routes)


@routes.post("/api/v1/calls/forget")
async def forget(request: web.Request) -> web.Response:
    """What the controller remembers of calls is read again from the database."""
    await request.app[FORGET]()
    return web.json_response({"done": True})
