"""A second controller that waits to lead. The kernel's lock on run/serve.pid says who leads, so there are never two.

When the leader dies, the kernel takes the lock from it at once. A leader that is frozen or hangs keeps it: it is killed first, so
that it can't wake up and go on. Both are of one machine, as their Asterisk is.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from contactcenter.errors import AlreadyUp, ControllerUnreachable
from contactcenter.site import Site
from contactcenter.web.client import client_of

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
ASK_SECONDS = 0.5
HUNG_SECONDS = 3.0
"""A leader that answered once, and then nothing for so long, is killed."""


@contextmanager
def leading(site: Site) -> Iterator[None]:
    """Waits until this process leads, and leads inside the block. Raises AlreadyUp when another one waits already."""
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(site.locked("serve"))
                break
            except AlreadyUp:
                with site.locked("standby"):
                    log.info("another controller leads; waiting")
                    asyncio.run(_until_it_is_gone(site))
        yield


async def _until_it_is_gone(site: Site) -> None:
    watching = asyncio.ensure_future(_kill_if_it_hangs(site))
    try:
        while site.holder("serve") is not None:  # noqa: ASYNC110 (the lock of another process has no event)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        watching.cancel()


async def _kill_if_it_hangs(site: Site) -> None:
    client = client_of(site, seconds=ASK_SECONDS)
    answered: tuple[int, float] | None = None
    while True:
        leader = site.holder("serve")
        with contextlib.suppress(ControllerUnreachable):
            await client.health()
            answered = (leader, time.monotonic()) if leader is not None else None
        if answered is not None and answered[0] == leader and time.monotonic() - answered[1] > HUNG_SECONDS:
            log.critical("the controller (process %d) has not answered for %g s and is killed", leader, HUNG_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.kill(answered[0], signal.SIGKILL)
            answered = None
        await asyncio.sleep(ASK_SECONDS)
