"""Trunks in the HTTP API: how they are, and trial calls over them."""

import dataclasses
from typing import Any

from aiohttp import web

from contactcenter.errors import BadInput
from contactcenter.trunks import TrunkDesk, TrunkState

DESK = web.AppKey[TrunkDesk]("trunks")
SECONDS = (1.0, 120.0)
"""How long a trial call may listen."""

routes = web.RouteTableDef()


def install(app: web.Application, desk: TrunkDesk) -> None:
    app[DESK] = desk
    app.add_routes(routes)


@routes.get("/api/v1/trunks")
async def trunks(request: web.Request) -> web.Response:
    """state: one word for the whole; see TrunkState."""
    return web.json_response([_view(state) for state in await request.app[DESK].states()])


@routes.post("/api/v1/trunks/{name}/test")
async def test(request: web.Request) -> web.Response:
    """?to=NUMBER&seconds=10: places a call, and answers when it is over. See TrunkTest."""
    seconds = _seconds(request.query.get("seconds", "10"))
    made = await request.app[DESK].test(request.match_info["name"], request.query.get("to", ""), seconds)
    return web.json_response(dataclasses.asdict(made))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise BadInput(f"seconds is {text!r}. It has to be from {SECONDS[0]:g} to {SECONDS[1]:g}.")
    return seconds


def _view(state: TrunkState) -> dict[str, Any]:
    return {**dataclasses.asdict(state), "state": state.state}
