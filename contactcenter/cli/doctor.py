"""doctor: each thing a site needs, checked, with what to do if it is missing."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click

from contactcenter.acd.check import check_queues
from contactcenter.asterisk.certificate import check_certificate, files_of
from contactcenter.asterisk.installation import find_asterisk
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json
from contactcenter.clock import SystemClock
from contactcenter.config import SECRETS, read_secrets
from contactcenter.configuration.outside import never_called
from contactcenter.configuration.reach import known_to_rules
from contactcenter.dialplan import check_configuration, prompt_texts, prompts, spoken_texts
from contactcenter.errors import ContactCenterError, SiteError
from contactcenter.hours.doctor import warnings
from contactcenter.listening import check_ports
from contactcenter.printable import printable
from contactcenter.recording.deleting import PARTS, strangers
from contactcenter.recording.keys import keys_in
from contactcenter.recording.recorder import Recorder
from contactcenter.secrecy import OTHERS
from contactcenter.store.database import revision_of, server_version
from contactcenter.store.recordings import RecordingRepository
from contactcenter.supervisor import running

WARNING_DAYS = 30
"""Before a certificate ends."""
SHORTEST_PASSWORD = 10
PARTS_SECONDS = 24 * 3600
"""A part that nobody has written to for so long belongs to no call that goes on."""


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
    return f"Python {sys.version.split()[0]}"


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


def _secrets(context: Context) -> str:
    """Who may read what nobody else should."""
    site = context.site
    read_secrets(site.path)  # takes away from others what it can
    files = [site.path / SECRETS, *(key.file for key in keys_in(site.recording_keys))]
    closed = [site.data, site.recordings, site.log, site.run, site.asterisk]
    if wide := [path for path in (*files, *closed) if path.stat().st_mode & OTHERS]:
        raise Warned(f"others can read {', '.join(map(str, wide))}. Make it yours alone: chmod go= {wide[0]}")
    return f"{len(files)} files and {len(closed)} folders are their owner's alone"


def _disk(context: Context) -> str:
    if short := Recorder(context.site.recordings).low_on_space():
        raise SiteError(f"{short}. Move old recordings away.")
    return f"{shutil.disk_usage(context.site.recordings).free / 1e9:.1f} GB free for recordings"


def _recordings(context: Context) -> str:
    """Each file has its row, each row its file, and what is needed to read them is here."""
    folder, settings = context.site.recordings, context.settings.recording
    keys = keys_in(context.site.recording_keys)
    if settings.encrypt and not keys:
        raise SiteError("they are to be encrypted, and there is no key. Make one: contactcenter recording key new")
    book = context.read(lambda database: RecordingRepository(database).there())
    if missing := {one.key for one in book} - {key.public for key in keys} - {""}:
        raise SiteError(f"some need {min(missing)}, which is not here. Restore recording-keys/ from your backup")
    unknown, lost = strangers(folder, [one.path for one in book])
    if lost:
        raise Warned(f"{len(lost)} are known and have no file, such as {lost[0]}")
    if unknown:
        raise Warned(f"{len(unknown)} files belong to no call, such as {folder / unknown[0]}")
    if parts := [file for file in (folder / PARTS).glob("*.wav") if time.time() - file.stat().st_mtime > PARTS_SECONDS]:
        raise Warned(f"{len(parts)} parts of calls were never joined, such as {parts[0]}")
    kept = f", deleted after {settings.keep_days} days" if settings.keep_days else ""
    return f"{len(book)}, {sum(1 for one in book if one.key)} of them encrypted{kept}"


def _database(context: Context) -> str:
    url = context.site.database_url(context.settings)
    server = server_version(url)
    current, newest = revision_of(url)
    if current != newest:
        raise SiteError(
            f"{server}, version {current or 'none'}, {newest} is needed. It is migrated by: contactcenter up"
        )
    return f"{server}, version {current}"


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
    for number, agent in configuration.agents.items():
        if len(agent.sip_password) < SHORTEST_PASSWORD or number in agent.sip_password:
            raise Warned(
                f"the SIP password of agent {number} is easily guessed: use {SHORTEST_PASSWORD} characters or more, without "
                f"the number. contactcenter agent set {number} sip_password=..."
            )
    return f"{len(configuration.agents)} agents, {len(members)} of them in queues"


def _outside(context: Context) -> str:
    """Calls to numbers outside that an admin has written down, and that the settings forbid."""
    configuration = context.configuration()
    if wrong := [*never_called(configuration, check_configuration(configuration, None), context.settings)]:
        raise SiteError(f"{wrong[0]}.")
    rules = context.settings.outbound
    return f"calls go to {', '.join(rules.allowed_prefixes) or context.settings.region}, {rules.hours}"


def _encryption(context: Context) -> str:
    sip, now = context.settings.sip, SystemClock().now()
    if sip.tls == "off":
        return "off: phones speak unencrypted"
    certificate, key = files_of(context.site, sip)
    if not sip.tls_certificate and not certificate.exists():
        return f"{sip.tls}; its certificate is made by the next up"
    until = check_certificate(certificate, key, now)
    if until - now < timedelta(days=WARNING_DAYS):
        raise Warned(f"{certificate} is valid until {until:%Y-%m-%d} only. Get a new one.")
    return f"{sip.tls}, by {certificate} until {until:%Y-%m-%d}"


def _running(context: Context) -> str:
    if not running(context.site):
        check_ports(context.settings)
        return "not up; its ports are free"
    status = context.ask_controller("status")
    if status is None:
        raise SiteError(f"it is up, but the controller does not answer. See {context.site.log}/controller.out")
    if wrong := [f"{name}: {why}" for name, why in status["parts"].items() if why]:
        raise SiteError(f"{'; '.join(wrong)}. See {context.site.log}/")
    registered = sum(1 for agent in status["agents"] if agent["registered"])
    return f"up, {registered} of {len(status['agents'])} agents' phones registered"


CHECKS: dict[str, Callable[[Context], str]] = {
    "program": _python,
    "asterisk": _asterisk,
    "site folder": _folder,
    "secrets": _secrets,
    "disk": _disk,
    "database": _database,
    "recordings": _recordings,
    "dialplans": _dialplans,
    "calendars": _calendars,
    "prompts": _prompts,
    "ffmpeg": _converter,
    "agents": _agents,
    "outbound": _outside,
    "encryption": _encryption,
    "running": _running,
}
