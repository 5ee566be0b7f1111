"""The HTTP API on loopback: health and metrics for everybody on this machine, all else with the site's token."""

import asyncio
import dataclasses
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from aiohttp import web

from contactcenter.acd.change import with_member, without_member
from contactcenter.acd.inputs import ExtendWrapUp, Input, LogIn, LogOut, Pause, Resume
from contactcenter.center import Center
from contactcenter.changes import Author
from contactcenter.configuration.editing import changed, find, with_thing
from contactcenter.configuration.kinds import QUEUE
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput, Conflict, ContactCenterError, NotFound
from contactcenter.events import TicketClosed
from contactcenter.ids import AgentNumber, QueueName, TicketNumber
from contactcenter.web.monitoring import OPEN
from contactcenter.web.views import agents_view, callbacks_view, queue_view, queues_view

CENTER = web.AppKey("center", Center)
TOKEN = web.AppKey("token", str)
PARTS = web.AppKey[Callable[[], dict[str, str]]]("parts")

Application = web.Application

ASKED = ("first", "sticky", "skills")

routes = web.RouteTableDef()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(center: Center, token: str, parts: Callable[[], dict[str, str]]) -> web.Application:
    """parts: what is watched, each by name, with what is wrong with it."""
    app = web.Application(middlewares=[_guard])
    app[CENTER], app[TOKEN], app[PARTS] = center, token, parts
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


@routes.get("/api/v1/status")
async def status(request: web.Request) -> web.Response:
    center = request.app[CENTER]
    engine = center.distributor.engine
    return _json(
        {
            "site": center.settings.name,
            "parts": request.app[PARTS](),
            "draining": center.draining,
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


@routes.get("/api/v1/queues/{name}")
async def queue(request: web.Request) -> web.Response:
    """Every setting of a queue."""
    return _json(queue_view(request.app[CENTER].queue(request.match_info["name"])))


@routes.get("/api/v1/queues/{name}/asked")
async def asked(request: web.Request) -> web.Response:
    """?first=1006&sticky=1004,1005&skills=english: whom such a call would be offered to now, in order, with why."""
    center, query = request.app[CENTER], request.query
    first, sticky, skills = ([word for word in query.get(name, "").split(",") if word] for name in ASKED)
    order = center.distributor.engine.asked(
        QueueName(request.match_info["name"]),
        center.clock.now(),
        first=map(AgentNumber, first),
        sticky=map(AgentNumber, sticky),
        skills=frozenset(skills),
    )
    return _json([dataclasses.asdict(one) for one in order])


@routes.post("/api/v1/queues/{name}")
async def change_queue(request: web.Request) -> web.Response:
    """?setting=value..., all of them or none."""
    return await _change_queue(request, lambda now, name: changed(now, QUEUE, name, request.query))


@routes.post("/api/v1/queues/{name}/members/{agent}")
async def change_member(request: web.Request) -> web.Response:
    """?level=1 makes the agent a member of that level, ?remove=1 none."""
    agent, level = AgentNumber(request.match_info["agent"]), request.query.get("level", "1")
    if not level.isdecimal():
        raise BadInput(f"level {level!r} is no number from 1 to 9.")
    if "remove" in request.query:
        return await _change_queue(
            request, lambda now, name: with_thing(now, QUEUE, name, without_member(find(now, QUEUE, name), agent))
        )
    return await _change_queue(
        request, lambda now, name: with_thing(now, QUEUE, name, with_member(find(now, QUEUE, name), agent, int(level)))
    )


async def _change_queue(
    request: web.Request, edit: Callable[[Configuration, QueueName], Configuration]
) -> web.Response:
    """Of the queue as it is stored: what others have changed since the last reload stays."""
    center, name = request.app[CENTER], QueueName(request.match_info["name"])
    await center.change(lambda now: edit(now, name), _author(request))
    return _json(queue_view(center.queue(name)))


@routes.post("/api/v1/reload")
async def reload(request: web.Request) -> web.Response:
    """Takes what was changed in the store; answers with the revision in force."""
    return _json({"revision": await request.app[CENTER].reload()})


@routes.get("/api/v1/callbacks")
async def callbacks(request: web.Request) -> web.Response:
    return _json(callbacks_view(request.app[CENTER].callbacks.open.values()))


@routes.post("/api/v1/agents/{number}/{verb}")
async def act_for_agent(request: web.Request) -> web.Response:
    """verb: login, logout, pause (?reason=), resume, extend (?seconds=, of the wrap-up)."""
    number = AgentNumber(request.match_info["number"])
    verbs: dict[str, Input] = {
        "login": LogIn(number),
        "logout": LogOut(number),
        "pause": Pause(number, request.query.get("reason", "break")),
        "resume": Resume(number),
        "extend": ExtendWrapUp(number, _seconds(request.query.get("seconds", "60"))),
    }
    verb = request.match_info["verb"]
    if verb not in verbs:
        raise NotFound(f"there is no {verb}; use one of: {', '.join(verbs)}")
    center = request.app[CENTER]
    center.distributor.tell(verbs[verb])
    return _json(next(a for a in agents_view(center.configuration, center.distributor.engine) if a["number"] == number))


@routes.post("/api/v1/tickets/{number:[0-9]{1,9}}/close")
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
    if request.path not in OPEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, request.app[TOKEN].encode()):
            return _json({"error": "a token is needed: Authorization: Bearer TOKEN"}, status=401)
    try:
        return await handler(request)
    except NotFound as error:
        return _json({"error": str(error)}, status=404)
    except Conflict as error:
        return _json({"error": str(error)}, status=409)
    except BadInput as error:
        return _json({"error": str(error)}, status=400)
    except ContactCenterError as error:  # what we need does not answer now
        return _json({"error": str(error)}, status=503)


def _author(request: web.Request) -> Author:
    return Author("token", f"API, {request.remote or 'unknown'}", f"{request.method} {request.path_qs}")


def _json(value: Any, status: int = 200) -> web.Response:
    return web.json_response(text=json.dumps(value, default=_plain, ensure_ascii=False), status=status)


def _plain(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{text!r} is no number of seconds.") from None
