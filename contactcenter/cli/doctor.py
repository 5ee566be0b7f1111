"""doctor: each thing a site needs, checked, with what to do if it is missing."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import click

from contactcenter.acd.check import check_queues
from contactcenter.asterisk.installation import find_asterisk
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json
from contactcenter.clock import SystemClock
from contactcenter.configuration.reach import known_to_rules
from contactcenter.dialplan import check_configuration, prompt_texts, prompts, spoken_texts
from contactcenter.errors import ContactCenterError, SiteError
from contactcenter.hours.doctor import warnings
from contactcenter.printable import printable
from contactcenter.recording.recorder import Recorder
from contactcenter.store.database import revision_of
from contactcenter.supervisor import check_ports, running


class Warned(ContactCenterError):
    """Calls are taken, but somebody should look at it soon."""


@click.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Check everything the site needs; exit 1 if something is wrong. A warning is for the next days.

    Example: contactcenter --site ~/center doctor
    """
    results = [_check(name, check, context) for name, check in CHECKS.items()]
    if as_json:
        print_json(results)
    else:
        for result in results:
            word, colour = (
                ("warn", "yellow") if "warning" in result else ("ok", "green") if result["ok"] else ("FAIL", "red")
            )
            mark = click.style(f"{word:<4}", fg=colour)
            click.echo(f"{mark} {result['check']:<14} {printable(str(result['detail']))}")
    if not all(result["ok"] for result in results):
        sys.exit(1)


def _check(name: str, check: Callable[[Context], str], context: Context) -> dict[str, str | bool]:
    try:
        return {"check": name, "ok": True, "detail": check(context)}
    except Warned as warning:
        return {"check": name, "ok": True, "warning": True, "detail": str(warning)}
    except (ContactCenterError, OSError) as error:
        return {"check": name, "ok": False, "detail": str(error)}


def _python(_: Context) -> str:
    return f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"


def _asterisk(context: Context) -> str:
    binary = context.settings.asterisk.binary
    found = find_asterisk(Path(binary) if binary else None)
    return f"Asterisk {'.'.join(str(part) for part in found.version)} ({found.source})"


def _folder(context: Context) -> str:
    site = context.site
    for part in (site.path, site.data, site.recordings, site.asterisk, site.log, site.run):
        if not os.access(part, os.W_OK):
            raise SiteError(f"{part} can't be written. Give this user the site folder.")
    return str(site.path)


def _disk(context: Context) -> str:
    if short := Recorder(context.site.recordings).low_on_space():
        raise SiteError(f"{short}. Move old recordings away.")
    return f"{shutil.disk_usage(context.site.recordings).free / 1e9:.1f} GB free for recordings"


def _database(context: Context) -> str:
    current, newest = revision_of(context.site.database_url(context.settings))
    if current != newest:
        raise SiteError(f"version {current or 'none'}, {newest} is needed. It is migrated by: contactcenter up")
    return f"version {current}"


def _dialplans(context: Context) -> str:
    configuration = context.configuration()
    flows = check_configuration(configuration, prompts(context.site), spoken_texts(context.site))
    differ = [
        name
        for name, published in configuration.flows.items()
        if (file := context.site.dialplans / f"{name}.yaml").is_file()
        and file.read_text(encoding="utf-8", errors="replace") != published.text
    ]
    known = known_to_rules(configuration, flows, SystemClock().now())
    for hotline in configuration.hotlines.values():
        if "open" not in known.flows[hotline.flow].changes:
            raise Warned(
                f"hotline {hotline.number} is open day and night: flow {hotline.flow} has no hours node. See docs/flows.md"
            )
    if differ:
        raise Warned(f"{differ[0]}.yaml is not as published. See: contactcenter flow diff {differ[0]}")
    return f"{len(flows)} flow{'s' * (len(flows) != 1)}, {len(configuration.routes)} routing rules"


def _calendars(context: Context) -> str:
    calendars = context.configuration().calendars.values()
    found = [line for one in calendars for line in warnings(one, SystemClock().now().astimezone(one.timezone).date())]
    used = {hotline.calendar for hotline in context.configuration().hotlines.values()}
    if found:
        raise Warned("; ".join(found))
    return f"{len(calendars)}, {len(used)} of them in use"


def _prompts(context: Context) -> str:
    there = prompts(context.site)
    missing = [
        f"{name} ({language})"
        for language in there
        for name in sorted(prompt_texts(context.site, language).keys() - there[language])
    ]
    if missing:
        raise SiteError(f"no sound for {', '.join(missing)}. Add it: contactcenter prompt set NAME FILE")
    return ", ".join(f"{len(names)} {language}" for language, names in there.items())


def _converter(_: Context) -> str:
    if shutil.which("ffmpeg") is None:
        raise SiteError("ffmpeg is not installed; it is needed for prompt set. apt-get install ffmpeg")
    return "ffmpeg"


def _agents(context: Context) -> str:
    configuration = context.configuration()
    check_queues(configuration.queues.values(), {*configuration.agents})
    members = {member.agent for queue in configuration.queues.values() for member in queue.members}
    if empty := [name for name, queue in configuration.queues.items() if not queue.members]:
        raise SiteError(
            f"nobody serves {', '.join(empty)}. Add members, with the site up: contactcenter queue member QUEUE AGENT"
        )
    return f"{len(configuration.agents)} agents, {len(members)} of them in queues"


def _running(context: Context) -> str:
    if not running(context.site):
        check_ports(context.settings)
        return "not up; its ports are free"
    status = context.ask_controller("status")
    if status is None:
        raise SiteError(f"it is up, but the controller does not answer. See {context.site.log}/controller.out")
    if wrong := [name for name, ready in status["parts"].items() if not ready]:
        raise SiteError(f"not ready: {', '.join(wrong)}. See {context.site.log}/")
    registered = sum(1 for agent in status["agents"] if agent["registered"])
    return f"up, {registered} of {len(status['agents'])} agents' phones registered"


CHECKS: dict[str, Callable[[Context], str]] = {
    "program": _python,
    "asterisk": _asterisk,
    "site folder": _folder,
    "disk": _disk,
    "database": _database,
    "dialplans": _dialplans,
    "calendars": _calendars,
    "prompts": _prompts,
    "ffmpeg": _converter,
    "agents": _agents,
    "running": _running,
}
