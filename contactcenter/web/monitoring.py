"""What machines that watch the controller ask for. No token: the port listens on loopback, and nothing here names a caller."""

from aiohttp import web

from contactcenter.monitoring.health import Health
from contactcenter.monitoring.metrics import Metrics

HEALTH, METRICS = web.AppKey("health", Health), web.AppKey("metrics", Metrics)
OPEN = frozenset({"/health", "/ready", "/metrics"})
"""Paths that need no token."""

routes = web.RouteTableDef()


def install(app: web.Application, health: Health, metrics: Metrics) -> None:
    app[HEALTH], app[METRICS] = health, metrics
    app.add_routes(routes)


@routes.get("/health")
async def alive(_: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"alive": True})


@routes.get("/ready")
async def ready(request: web.Request) -> web.Response:
    """200 when calls are taken, else 503; what is missing for that, and what is worse than it should be."""
    report = request.app[HEALTH].report()
    return web.json_response(report, status=200 if report["ready"] else 503)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """For Prometheus."""
    body, content_type = request.app[METRICS].expose(request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type})
