"""The HTTP API on loopback: health for everybody on this machine, all else with the site's token."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from aiohttp import web

from contactcenter.acd.inputs import Input, LogIn, LogOut, Pause, Resume
from contactcenter.center import Center
from contactcenter.errors import BadInput, NotFound
from contactcenter.events import TicketClosed
from contactcenter.ids import AgentNumber, TicketNumber
from contactcenter.web.views import agents_view, queues_view

CENTER = web.AppKey("center", Center)
TOKEN = web.AppKey("token", str)
READY = web.AppKey[Callable[[], dict[str, bool]]]("ready")

routes = web.RouteTableDef()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(center: Center, token: str, ready: Callable[[], dict[str, bool]]) -> web.Application:
    """ready: what must be true for calls to be taken, each by name."""
    app = web.Application(middlewares=[_guard])
    app[CENTER], app[TOKEN], app[READY] = center, token, ready
    app.add_routes(routes)
    return app


async def serve(app: web.Application, port: int) -> None:
    """Until cancelled. Raises OSError when the port is in use."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


@routes.get("/api/v1/health")
async def health(request: web.Request) -> web.Response:
    parts = request.app[READY]()
    return _json({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


@routes.get("/api/v1/status")
async def status(request: web.Request) -> web.Response:
    center = request.app[CENTER]
    engine = center.distributor.engine
    return _json(
        {
            "site": center.settings.name,
            "parts": request.app[READY](),
            "calls": len(center.live_calls),
            "waiting": len(engine.waiting),
            "agents": agents_view(center.configuration, engine),
            "queues": queues_view(center.configuration, engine, center.clock.now()),
        }
    )


@routes.get("/api/v1/agents")
async def agents(request: web.Request) -> web.Response:
    center = request.app[CENTER]
    return _json(agents_view(center.configuration, center.distributor.engine))


@routes.get("/api/v1/queues")
async def queues(request: web.Request) -> web.Response:
    center = request.app[CENTER]
    return _json(queues_view(center.configuration, center.distributor.engine, center.clock.now()))


@routes.post("/api/v1/agents/{number}/{verb}")
async def act_for_agent(request: web.Request) -> web.Response:
    """verb: login, logout, pause (?reason=), resume."""
    number = AgentNumber(request.match_info["number"])
    verbs: dict[str, Input] = {
        "login": LogIn(number),
        "logout": LogOut(number),
        "pause": Pause(number, request.query.get("reason", "break")),
        "resume": Resume(number),
    }
    verb = request.match_info["verb"]
    if verb not in verbs:
        raise NotFound(f"there is no {verb}; use one of: {', '.join(verbs)}")
    center = request.app[CENTER]
    center.distributor.tell(verbs[verb])
    return _json(next(a for a in agents_view(center.configuration, center.distributor.engine) if a["number"] == number))


@routes.post("/api/v1/tickets/{number:[0-9]+}/close")
async def close_ticket(request: web.Request) -> web.Response:
    """The customer has confirmed the solution."""
    number = TicketNumber(int(request.match_info["number"]))
    center = request.app[CENTER]
    now = center.clock.now()
    assignee = await center.tickets.close(number, now)
    center.bus.publish(TicketClosed(at=now, ticket=number, assignee=assignee))
    return _json({"number": number, "status": "closed"})


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The token, and our errors as one line of JSON."""
    if request.path != "/api/v1/health":
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not hmac.compare_digest(given, request.app[TOKEN].encode()):
            return _json({"error": "a token is needed: Authorization: Bearer TOKEN"}, status=401)
    try:
        return await handler(request)
    except NotFound as error:
        return _json({"error": str(error)}, status=404)
    except BadInput as error:
        return _json({"error": str(error)}, status=400)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.json_response(text=json.dumps(value, default=_plain, ensure_ascii=False), status=status)


def _plain(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
