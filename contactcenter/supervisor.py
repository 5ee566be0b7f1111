"""Runs a site: Asterisk and the controller as two processes, started, watched, restarted and ended together."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from contactcenter.asterisk.certificate import prepare_certificate
from contactcenter.asterisk.installation import find_asterisk
from contactcenter.asterisk.render import render
from contactcenter.changes import Author
from contactcenter.clock import SystemClock
from contactcenter.config import FILE, read_secrets, read_settings
from contactcenter.configuration.models import Configuration
from contactcenter.dialplan import check_configuration, prompts, with_dialplans
from contactcenter.errors import ControllerUnreachable, SiteError
from contactcenter.listening import check_ports
from contactcenter.recording.keys import keys_in
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.web.client import client_of

log = logging.getLogger(__name__)

IN_FORCE = "up.toml"
"""In run/: the settings that Asterisk was started with."""
READY_SECONDS = 60.0
HUNG_SECONDS = 10.0
STOP_SECONDS = 10.0
RESTART_DELAYS = (0.5, 1.0, 2.0, 5.0, 10.0)
IN_ORDER_SECONDS = 2.0
STEADY_SECONDS = 60.0
"""A process that ran this long is restarted at once again."""


@dataclass(slots=True)
class Program:
    """One process of a site. Its output goes to log/NAME.out."""

    name: str
    argv: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def prepare(site: Site) -> Program:
    """Checks and writes all that a start needs, and returns the Asterisk to run.

    Raises BadInput, SiteError, StoreError, AsteriskNotFound; nothing is running then.
    """
    settings, secrets = read_settings(site.path), read_secrets(site.path)
    if left := running(site).keys() - {"up"}:
        raise SiteError(
            f"{' and '.join(sorted(left))} still run from an `up` that was killed. End them: contactcenter down"
        )
    check_ports(settings)
    if settings.recording.encrypt and not keys_in(site.recording_keys):
        raise SiteError(
            "recordings are to be encrypted, and there is no key. Make one: contactcenter recording key new"
        )
    url = site.database_url(settings)
    migrate(url)
    configuration = configuration_of(url, site)
    flows = check_configuration(configuration, prompts(site))
    prepare_certificate(site, settings, SystemClock().now())
    installation = find_asterisk(Path(settings.asterisk.binary) if settings.asterisk.binary else None)
    conf = render(site, settings, secrets, configuration, flows=flows, installation=installation)
    shutil.copyfile(site.path / FILE, site.run / IN_FORCE)
    return Program("asterisk", [*installation.command, "-C", str(conf), "-f"], installation.environment)


def configuration_of(url: str, site: Site) -> Configuration:
    """What is stored. Blocking. Raises SiteError, StoreError, BadInput."""
    return asyncio.run(_load(url, site))


async def _load(url: str, site: Site) -> Configuration:
    """A site of a version that had its flows and rules in files only gets them published."""
    database = open_database(url)
    try:
        book = ConfigurationRepository(database)
        configuration = await book.load()
        if configuration.flows or configuration.routes:
            return configuration
        if not configuration.queues:
            raise SiteError(
                "the database holds no site. One that there is comes into it by: contactcenter site move-database URL; "
                "a new one by: contactcenter init DIR --database URL"
            )
        there, author = prompts(site), Author("contactcenter", f"{site.dialplans}", "up")
        configuration, _ = await book.change(
            partial(with_dialplans, folder=site.dialplans),
            lambda _, after: check_configuration(after, there),
            author,
            SystemClock().now(),
        )
        return configuration
    finally:
        await database.dispose()


async def run(site: Site, asterisk: Program, on_ready: Callable[[], None]) -> None:
    """Runs a prepared site until SIGINT or SIGTERM. Raises SiteError if it does not become ready."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    serve = [sys.executable, "-m", "contactcenter", "--site", str(site.path), "serve"]
    two = read_settings(site.path).standby
    controllers = [Program("controller", [*serve, *(["--standby"] if two else [])])]
    controllers += [Program("standby", [*serve, "--standby"])] if two else []
    try:
        async with asyncio.TaskGroup() as group:
            # Asterisk ends first, so that the controller still writes how each call ended.
            serving = [group.create_task(_keep_running(site, one), name=one.name) for one in controllers]
            calling = group.create_task(_keep_running(site, asterisk), name="asterisk")
            try:
                await _first(stop.wait(), wait_until_ready(site))
                if not stop.is_set():
                    with contextlib.suppress(BrokenPipeError):
                        on_ready()
                    await _first(stop.wait(), _end_hung_controller(site))
            finally:
                for tasks in ([calling], serving):
                    for task in tasks:
                        task.cancel()
                    await asyncio.wait(tasks)
    except* SiteError as errors:
        raise errors.exceptions[0] from None


async def _end_hung_controller(site: Site) -> None:
    """Kills a controller that answers nothing for HUNG_SECONDS, so that Asterisk takes its calls elsewhere; for ever."""
    client = client_of(site)
    answered = time.monotonic()
    while True:
        await asyncio.sleep(HUNG_SECONDS / 5)
        try:
            await client.health()
            answered = time.monotonic()
        except ControllerUnreachable:
            process = site.holder("serve")
            if process is not None and time.monotonic() - answered > HUNG_SECONDS:
                log.critical(
                    "the controller (process %d) has not answered for %d s and is killed", process, HUNG_SECONDS
                )
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                answered = time.monotonic()


async def wait_until_ready(site: Site, alive: Callable[[], bool] = lambda: True) -> None:
    """Until calls are taken. Raises SiteError after READY_SECONDS, or as soon as `alive` says no."""
    client = client_of(site)
    end = time.monotonic() + READY_SECONDS
    missing: list[str] = []
    while time.monotonic() < end and alive():
        with contextlib.suppress(ControllerUnreachable):
            health = await client.health()
            missing = health["missing"]
            if health["ready"] and site.holder("serve") is not None:
                return
        await asyncio.sleep(0.05)  # another process: there is nothing to wait on but its answer
    raise SiteError(f"not ready: {', '.join(missing) or 'controller'}. See the last lines of {site.log}/")


def down(site: Site) -> list[str]:
    """Ends what runs of a site, also what a killed supervisor left behind; the names of what was ended."""
    ended = []
    for name, process in running(site).items():
        if _end(process):
            ended.append(name)
    return ended


def running(site: Site) -> dict[str, int]:
    """Name -> process id of what runs of a site: the supervisor, the controller, Asterisk."""
    found = {name: site.holder(name) for name in ("up", "standby", "serve")}
    found["asterisk"] = _asterisk_of(site)
    return {name: process for name, process in found.items() if process is not None}


def _asterisk_of(site: Site) -> int | None:
    try:
        process = int((site.run / "asterisk.pid").read_text())
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return process if str(site.asterisk / "asterisk.conf").encode() in words else None


def _end(process: int) -> bool:
    """SIGTERM, and SIGKILL after twice STOP_SECONDS; False if it was gone already."""
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return False
    end = time.monotonic() + 2 * STOP_SECONDS
    while time.monotonic() < end:
        if not alive(process):
            return True
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    return True


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def _keep_running(site: Site, program: Program) -> None:
    """Starts a program and starts it again whenever it ends; cancelled, it ends the program and waits for that."""
    delay = 0
    while True:
        started = time.monotonic()
        try:
            code = await _run_once(site, program)
            ended = f"ended with {code}"
        except OSError as error:
            code, ended = -1, f"could not be started: {error}"
        ran = time.monotonic() - started
        if code == 0 and ran > IN_ORDER_SECONDS:
            log.info("%s was ended in order; starting it again", program.name)
            continue
        if ran > STEADY_SECONDS:
            delay = 0
        log.error("%s %s; starting it again in %s s", program.name, ended, RESTART_DELAYS[delay])
        await asyncio.sleep(RESTART_DELAYS[delay])
        delay = min(delay + 1, len(RESTART_DELAYS) - 1)


async def _run_once(site: Site, program: Program) -> int:
    with (site.log / f"{program.name}.out").open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **program.environment},
            start_new_session=True,  # Ctrl-C comes to us alone; we end them in order
        )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _stop(process)
        raise


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    """Runs until the first is done; its error is raised, the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
