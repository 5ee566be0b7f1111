"""init, up, down, restart, status, serve: a site's life."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
from pydantic import ValidationError
from rich.console import Console

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.config import Settings, with_setting
from contactcenter.create import create_site
from contactcenter.errors import BadInput, SiteError
from contactcenter.logs import set_up
from contactcenter.site import Site
from contactcenter.standby import leading
from contactcenter.supervisor import down as end_site
from contactcenter.supervisor import prepare, run, running, wait_until_ready
from contactcenter.upkeep import counted, renew
from contactcenter.upkeep import drain as drain_site

AGENT_COLUMNS = (("number", "number"), ("name", "name"), ("state", "state"), ("since", "since"), ("queues", "queues"))
QUEUE_COLUMNS = (
    ("queue", "name"),
    ("title", "title"),
    ("waiting", "waiting"),
    ("longest wait s", "longest_wait_seconds"),
    ("free", "free"),
    ("talking", "talking"),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--sample", is_flag=True, help="With hotline 4001234567, three queues, six agents, five companies.")
@click.option(
    "--bind", default="0.0.0.0", show_default=True, help="Address for SIP and voice; 127.0.0.1 for a try-out."
)
@click.option("--sip-port", type=click.IntRange(1, 65535), default=5060, show_default=True)
@click.option("--http-port", type=click.IntRange(1, 65535), default=8088, show_default=True)
@click.option("--ami-port", type=click.IntRange(1, 65535), default=5038, show_default=True)
@click.option("--agi-port", type=click.IntRange(1, 65535), default=4573, show_default=True)
@click.option("--rtp-ports", default="10000-10999", show_default=True, help="UDP ports for voice.")
@click.option(
    "--database",
    default="",
    metavar="URL",
    help="postgresql://USER@HOST/DATABASE, an empty one; its password is read from PGPASSWORD. Without: SQLite in the folder.",
)
def init(
    folder: Path,
    sample: bool,
    bind: str,
    sip_port: int,
    http_port: int,
    ami_port: int,
    agi_port: int,
    rtp_ports: str,
    database: str,
) -> None:
    """Make a new site in FOLDER.

    Example: contactcenter init ~/center --sample --sip-port 5070
    """
    first, _, last = rtp_ports.partition("-")
    if not (first.isdigit() and last.isdigit()):
        raise BadInput(f"--rtp-ports {rtp_ports} is no range. Write it like 10000-10999")
    try:
        settings = Settings.model_validate(
            {
                "name": folder.resolve().name,
                "sip": {"address": bind, "port": sip_port, "rtp_first": int(first), "rtp_last": int(last)},
                "ports": {"http": http_port, "ami": ami_port, "agi": agi_port},
            }
        )
    except ValidationError as error:
        raise BadInput(f"the ports can't be: {'; '.join(item['msg'] for item in error.errors())}.") from None
    settings = with_setting(settings, "database", database)
    site = create_site(folder, settings, sample, os.environ.get("PGPASSWORD", "") if database else "")
    click.echo(f"{site.path} is a site now. Start it: contactcenter --site {folder} up")


@click.command()
@click.option("--detach", is_flag=True, help="Return when Asterisk and controller are ready; they go on running.")
@pass_context
def up(context: Context, detach: bool) -> None:
    """Start Asterisk and the controller of the site, and keep them running.

    Example: contactcenter --site ~/center up --detach
    """
    site = context.site
    if detach:
        _detach(site)
        return
    set_up(context.settings.log.format)
    with site.locked("up"):
        asterisk = prepare(site)
        asyncio.run(run(site, asterisk, lambda: click.echo(f"{site.path} is ready. Ctrl-C ends it.")))


def _detach(site: Site) -> None:
    """The same `up` in a session of its own; its first words are ours if it fails."""
    if (owner := site.holder("up")) is not None:
        raise SiteError(f"{site.path} is up already (process {owner}). See: contactcenter status")
    site.log.mkdir(exist_ok=True)
    with (site.log / "up.out").open("ab") as out:
        spoken_before = out.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "contactcenter", "--site", str(site.path), "up"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with Console(stderr=True).status("starting Asterisk and the controller"):
            asyncio.run(wait_until_ready(site, alive=lambda: process.poll() is None))
    except BaseException as error:
        if process.poll() is None:
            process.terminate()
            process.wait()
            raise
        if not isinstance(error, SiteError):
            raise
        words = (site.log / "up.out").read_bytes()[spoken_before:].decode(errors="replace").strip()
        raise SiteError(words.removeprefix("contactcenter: ") or "it ended at once") from None
    click.echo(f"{site.path} is ready (process {process.pid}). End it: contactcenter --site {site.path} down")


@click.command()
@click.option(
    "--drain",
    is_flag=True,
    help="First take no more calls, and wait until those that are there are over, also in queues.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=1800,
    show_default=True,
    help="With --drain: give up after so long; the site goes on then.",
)
@pass_context
def down(context: Context, drain: bool, seconds: int) -> None:
    """End Asterisk and the controller of the site.

    Example: contactcenter --site ~/center down --drain --seconds 600
    """
    if drain and running(context.site):
        said: list[str] = []

        def say(calls: int, waiting: int) -> None:
            line = f"{counted(calls)} left, {waiting} waiting"
            if said[-1:] != [line]:
                said.append(line)
                click.echo(line, err=True)

        asyncio.run(drain_site(context.site, seconds, say))
    ended = end_site(context.site)
    click.echo(f"{context.site.path} is down." if ended else f"{context.site.path} was not up.")


@click.command()
@pass_context
def restart(context: Context) -> None:
    """Start the controller anew, with the code and the settings that are there now; calls go on.

    Example: contactcenter --site ~/center restart
    """
    seconds = asyncio.run(renew(context.site))
    calls = (context.ask_controller("status") or {}).get("calls", 0)
    click.echo(f"{context.site.path} has a new controller after {seconds:.1f} s; it has {counted(calls)}.")


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """What runs, who waits, what the agents do.

    Example: contactcenter --site ~/center status
    """
    live = context.ask_controller("status")
    processes = running(context.site)
    if as_json:
        print_json({"up": live is not None, "processes": processes, **(live or {})})
        return
    if live is None:
        if "up" in processes:
            log = context.site.log / "controller.out"
            click.echo(f"{context.site.path}: the controller does not answer; it is started again by itself. See {log}")
        else:
            click.echo(f"{context.site.path} is down. Start it: contactcenter --site {context.site.path} up")
        return
    wrong = ", ".join(f"{name}: {why}" for name, why in live["parts"].items() if why)
    click.echo(f"{context.site.path}: {wrong or 'all is well'}; {live['calls']} calls, {live['waiting']} waiting\n")
    print_table(live["queues"], QUEUE_COLUMNS, context.zone, "no queues")
    click.echo()
    print_table(live["agents"], AGENT_COLUMNS, context.zone, "no agents")


@click.command()
@click.option(
    "--standby", is_flag=True, help="Wait while another controller leads, and take over when it dies or hangs."
)
@pass_context
def serve(context: Context, standby: bool) -> None:
    """Run the controller alone, for systemd; Asterisk is run by somebody else.

    Example: contactcenter --site /srv/center serve
    """
    from contactcenter.app import run_controller  # noqa: PLC0415 (slow to import, and only needed here)

    set_up(context.settings.log.format)
    gc.freeze()  # what is imported stays: no collection needs to look at it
    gc.set_threshold(20_000, 20, 50)
    with (
        leading(context.site) if standby else context.site.locked("serve"),
        asyncio.Runner(loop_factory=_fastest_loop()) as runner,
    ):
        runner.run(run_controller(context.site))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
