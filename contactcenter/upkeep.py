"""A running site is ended, or its controller started anew, without losing a call."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable

from contactcenter.config import FILE, read_settings, settings_in
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.errors import ControllerUnreachable, SiteError
from contactcenter.site import Site
from contactcenter.store.database import migrate, revision_of
from contactcenter.supervisor import IN_FORCE, alive, configuration_of, wait_until_ready
from contactcenter.web.client import client_of

LOOK_SECONDS = 0.5
END_SECONDS = 20.0
FIXED = ("sip", "ports", "asterisk")
"""Sections that Asterisk was started with."""


async def drain(site: Site, seconds: float, say: Callable[[int, int], None]) -> None:
    """No more calls are taken; returns when none is left. say: told how many are left, and how many of them wait.

    Raises ControllerUnreachable; SiteError when some are left after so many seconds: calls are taken again then, as they are when
    this is cancelled, or a few seconds after nobody asks any more (see web/draining.py).
    """
    client, end = client_of(site), time.monotonic() + seconds
    left = await client.post("drain/on")
    try:
        while left["calls"] and time.monotonic() < end:
            say(left["calls"], left["waiting"])
            await asyncio.sleep(LOOK_SECONDS)  # another process: there is nothing to wait on but its answer
            with contextlib.suppress(ControllerUnreachable):  # one that was started meanwhile is told again
                left = await client.post("drain/on")
    finally:
        if left["calls"]:
            with contextlib.suppress(ControllerUnreachable):
                await client.post("drain/off")
    if left["calls"]:
        raise SiteError(
            f"after {seconds:g} s there are still {counted(left['calls'])}, {left['waiting']} of them waiting. The site goes on and "
            "takes calls again. Wait longer with --seconds, or end them: contactcenter down"
        )


def counted(calls: int) -> str:
    return f"{calls} call{'s' * (calls != 1)}"


def check_renewal(site: Site) -> bool:
    """Whether a new controller could be started as things are now: whether the database has to be migrated for it.

    Raises BadInput, FileProblems, SiteError, StoreError, with what is in the way.
    """
    settings = read_settings(site.path)
    if site.holder("up") is None or site.holder("serve") is None:
        raise SiteError(f"{site.path} has no controller that `up` runs. Start the site: contactcenter up")
    if (site.run / IN_FORCE).is_file():
        before = settings_in(site.run / IN_FORCE)
        if changed := [name for name in FIXED if getattr(before, name) != getattr(settings, name)]:
            sections = ", ".join(f"[{name}]" for name in changed)
            raise SiteError(f"{sections} in {FILE} changed since Asterisk was started: contactcenter down, then up.")
    url = site.database_url(settings)
    current, newest = revision_of(url)
    if current == newest:
        check_configuration(configuration_of(url, site), prompts(site))
    return current != newest


async def renew(site: Site) -> float:
    """Ends the controller in order and waits until the next one, of the code that is installed now, takes calls: after how many
    seconds. The database is migrated between the two. Raises what check_renewal raises, and SiteError.
    """
    migrating = await asyncio.to_thread(check_renewal, site)
    old, began = site.holder("serve"), time.monotonic()
    if old is not None:
        os.kill(old, signal.SIGTERM)
        await _until(lambda: not alive(old), "the controller does not end")
    if migrating:
        await asyncio.to_thread(migrate, site.database_url(read_settings(site.path)))
    await _until(
        lambda: site.holder("serve") not in {old, None}, f"no controller is started. See {site.log}/controller.out"
    )
    await wait_until_ready(site)
    return time.monotonic() - began


async def _until(done: Callable[[], bool], problem: str) -> None:
    end = time.monotonic() + END_SECONDS
    while not done():
        if time.monotonic() > end:
            raise SiteError(f"{problem} within {END_SECONDS:g} s.")
        await asyncio.sleep(0.02)
