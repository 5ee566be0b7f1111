"""The HTTP API, up on a port of its own, and a client of it."""

from aiohttp import web
from aiohttp.test_utils import TestServer

from contactcenter.web.client import ControllerClient

TOKEN = "token"


class serving:  # noqa: N801 (used as a function)
    """A client of an application that is up meanwhile."""

    def __init__(self, app: web.Application) -> None:
        self.server = TestServer(app, host="127.0.0.1")

    async def __aenter__(self) -> ControllerClient:
        await self.server.start_server()
        return ControllerClient(self.server.port or 0, TOKEN)

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()


def port_of(client: ControllerClient) -> int:
    return int(client._base.rpartition(":")[2])
