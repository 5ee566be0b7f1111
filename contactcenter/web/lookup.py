"""Asking the dealer's CRM over HTTP. What it says is never trusted: size, form, time and place of the answer are checked."""

import json

import aiohttp
from yarl import URL

from contactcenter.errors import LookupFailed
from contactcenter.ivr.ports import Request

LARGEST_ANSWER = 64 * 1024


class WebLookup:
    """Implements ivr.ports.Lookup. A connection for each request: none is left behind that a call would have to close."""

    async def ask(self, request: Request) -> object:
        """The JSON of a 2xx answer of at most LARGEST_ANSWER bytes. Raises LookupFailed.

        Redirects are not followed: the address is the admin's, and the headers may hold a password.
        """
        timeout = aiohttp.ClientTimeout(total=request.seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(
                    request.method,
                    URL(request.url, encoded=True),
                    headers={"Accept": "application/json", **request.headers},
                    json=request.body,
                    allow_redirects=False,
                ) as response,
            ):
                if response.status // 100 != 2:
                    raise LookupFailed(f"the answer is {response.status}")
                text = await _text(response)
        except TimeoutError:
            raise LookupFailed("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise LookupFailed(f"no answer: {type(error).__name__}") from None
        return _parsed(text)


async def _text(response: aiohttp.ClientResponse) -> bytes:
    """The body, read piece by piece so that a large one, also one that was compressed, is not taken into memory."""
    text = bytearray()
    async for piece in response.content.iter_chunked(8192):
        text += piece
        if len(text) > LARGEST_ANSWER:
            raise LookupFailed(f"the answer is larger than {LARGEST_ANSWER // 1024} kB")
    return bytes(text)


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise LookupFailed("the answer is no JSON") from None
