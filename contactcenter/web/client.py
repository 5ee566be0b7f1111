"""Asking a running controller, from the command line."""

from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from contactcenter.config import read_secrets, read_settings
from contactcenter.errors import BadInput, ControllerUnreachable
from contactcenter.site import Site

FAILED, UNAVAILABLE = 500, 503


class ControllerClient:
    """Talks to the controller of one site. Raises ControllerUnreachable, or BadInput with the controller's own line."""

    def __init__(self, port: int, token: str, seconds: float = 5.0) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def get(self, path: str, **query: str) -> Any:
        return await self._ask("GET", f"api/v1/{path}", query)

    async def post(self, path: str, **query: str) -> Any:
        return await self._ask("POST", f"api/v1/{path}", query)

    async def health(self) -> dict[str, Any]:
        """ready: whether calls are taken; missing: the parts that are needed for that. Raises ControllerUnreachable."""
        answer: dict[str, Any] = await self._ask("GET", "ready", accept=(200, UNAVAILABLE))
        return answer

    async def _ask(
        self, method: str, path: str, query: dict[str, str] | None = None, accept: tuple[int, ...] = (200,)
    ) -> Any:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, headers=self._headers) as session,
                session.request(method, URL(f"{self._base}/{path}", encoded=True), params=query) as response,
            ):
                if response.status == FAILED and method == "POST":  # it is there: starting it again would not help
                    raise BadInput("the controller failed at it. See the last lines of its log/controller.out")
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise ControllerUnreachable("the controller does not answer. Start it: contactcenter up") from None
        if response.status == UNAVAILABLE and UNAVAILABLE not in accept:
            raise ControllerUnreachable(answer.get("error", "the controller can't do it now"))
        if response.status not in accept:
            raise BadInput(answer.get("error", f"the controller answered {response.status}"))
        return answer


def segment(word: str) -> str:
    """A word of somebody's as one part of a path, whatever is in it."""
    return quote(word, safe="").replace(".", "%2E")


def client_of(site: Site, seconds: float = 5.0) -> ControllerClient:
    """For the controller of a site. seconds: how long an answer may take. Raises SiteError, FileProblems."""
    return ControllerClient(read_settings(site.path).ports.http, read_secrets(site.path).api_token, seconds)
