"""trunk list, show, add, set, remove, test."""

import asyncio
from typing import Any

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.cli.things import shown, verbs
from contactcenter.configuration.editing import find
from contactcenter.configuration.kinds import TRUNK
from contactcenter.web.client import client_of, segment

COLUMNS = (
    ("trunk", "name"),
    ("kind", "kind"),
    ("state", "state"),
    ("rtt ms", "rtt_ms"),
    ("host", "host"),
    ("port", "port"),
    ("user", "username"),
    ("addresses", "addresses"),
    ("outgoing", "outgoing"),
    ("title", "title"),
)
DOWN = {"state": "unknown", "registration": None, "reachable": None, "rtt_ms": None}
"""What is known of a trunk while the controller is down, or before it has taken the trunk."""
CALL_SECONDS = 75.0
"""What a trial call may take beyond the time that it listens: to ring, and for the last report of the sound."""


@click.group()
def trunk() -> None:
    """Trunks: the ways to providers."""


@trunk.command("list")
@json_option
@pass_context
def list_trunks(context: Context, as_json: bool) -> None:
    """Every trunk, and how it is: registered, registering, rejected, reachable, unreachable; unknown while the site is down.

    rtt ms: how long the provider takes to answer when it is asked whether it is there.

    Example: contactcenter trunk list
    """
    live = _live(context)
    rows = [shown(TRUNK, one) | live.get(name, DOWN) for name, one in context.configuration().trunks.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no trunks")


@trunk.command()
@click.argument("name")
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Every setting of a trunk, and how it is.

    Example: contactcenter trunk show telecom
    """
    values = shown(TRUNK, find(context.configuration(), TRUNK, name)) | _live(context).get(name, DOWN)
    if as_json:
        print_json(values)
    else:
        print_fields(values, context.zone)


@trunk.command()
@click.argument("name")
@click.option("--to", "number", required=True, help="The number to call; somebody or something has to answer there.")
@click.option(
    "--seconds", type=click.FloatRange(1, 120), default=10, show_default=True, help="How long to listen, once answered."
)
@json_option
@pass_context
def test(context: Context, name: str, number: str, seconds: float, as_json: bool) -> None:
    """Call a number over a trunk, play a tone, and measure how the sound comes back.

    The other end should answer and send sound: an echo service of the provider, or a person who speaks. Loss and jitter are
    those of what comes from there; MOS from 1 to 4.4 is the E-model's (ITU-T G.107). Asterisk counts every five seconds.

    Example: contactcenter trunk test telecom --to 13800000001 --seconds 10
    """
    find(context.configuration(), TRUNK, name)
    client = client_of(context.site, seconds + CALL_SECONDS)
    made = asyncio.run(client.post(f"trunks/{segment(name)}/test", to=number, seconds=f"{seconds:g}"))
    if as_json:
        print_json(made)
    else:
        print_fields(
            {label.replace("_", " ").replace("percent", "%"): value for label, value in made.items()}, context.zone
        )


verbs(
    trunk,
    TRUNK,
    "telecom",
    "kind=registration host=sip.telecom.example username=02012345 password=secret",
    "strip=0 region=CN",
)


def _live(context: Context) -> dict[str, dict[str, Any]]:
    """What the controller says of each trunk, by name; nothing while it is down."""
    return {state["name"]: state for state in context.ask_controller("trunks") or []}
