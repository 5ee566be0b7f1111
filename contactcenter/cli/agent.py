"""agent list, show, add, set, remove, login, logout, pause, resume, extend."""

from functools import partial
from typing import Any

import click

from contactcenter.cli.changing import change, dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table, say
from contactcenter.cli.things import add_verb, set_verb
from contactcenter.configuration.editing import find, without_agent
from contactcenter.configuration.kinds import AGENT
from contactcenter.errors import NotFound
from contactcenter.ids import AgentNumber
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.web.client import segment
from contactcenter.web.views import agents_view

COLUMNS = (
    ("number", "number"),
    ("name", "name"),
    ("state", "state"),
    ("since", "since"),
    ("pause reason", "pause_reason"),
    ("registered", "registered"),
    ("skills", "skills"),
    ("queues", "queues"),
)


@click.group()
def agent() -> None:
    """Agents and their phones."""


@agent.command("list")
@json_option
@pass_context
def list_agents(context: Context, as_json: bool) -> None:
    """Every agent, and what they do now.

    Example: contactcenter agent list --json
    """
    rows = _agents(context)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no agents")


@agent.command()
@click.argument("number")
@json_option
@pass_context
def show(context: Context, number: str, as_json: bool) -> None:
    """One agent, with the SIP account for their phone.

    Example: contactcenter agent show 1001
    """
    found = next((row for row in _agents(context) if row["number"] == number), None)
    if found is None:
        raise NotFound(f"there is no agent {number}. See: contactcenter agent list")
    known = context.configuration().agents[AgentNumber(number)]
    sip = context.settings.sip
    account = {"sip_user": number, "sip_password": known.sip_password, "sip_port": sip.port, "sip_address": sip.address}
    if as_json:
        print_json({**found, **account})
    else:
        if sip.address == "0.0.0.0":
            account["sip_address"] = "any address of this machine"
        print_fields({**found, **account}, context.zone)


def _verb(name: str, help_text: str, done: str) -> None:
    @agent.command(name, help=f"{help_text}\n\nExample: contactcenter agent {name} 1001")
    @click.argument("number")
    @pass_context
    def act(context: Context, number: str) -> None:
        context.tell_controller(f"agents/{segment(number)}/{name}")
        say(f"agent {number} {done}.")


_verb("login", "Let an agent take calls.", "is logged in")
_verb("logout", "Let an agent take no more calls; a call under way goes on.", "is logged out")
_verb("resume", "End a pause, or a wrap-up before its time.", "is ready again")


@agent.command()
@click.argument("number")
@click.option("--reason", default="break", show_default=True)
@pass_context
def pause(context: Context, number: str, reason: str) -> None:
    """Let an agent take no calls for a while.

    Example: contactcenter agent pause 1001 --reason lunch
    """
    context.tell_controller(f"agents/{segment(number)}/pause", reason=reason)
    say(f"agent {number} is paused: {reason}.")


@agent.command()
@click.argument("number")
@click.option("--seconds", type=click.FloatRange(min=1), default=60, show_default=True)
@pass_context
def extend(context: Context, number: str, seconds: float) -> None:
    """Let an agent's wrap-up last longer.

    Example: contactcenter agent extend 1001 --seconds 120
    """
    context.tell_controller(f"agents/{segment(number)}/extend", seconds=str(seconds))
    say(f"the wrap-up of agent {number} ends {seconds:g} s later.")


def _agents(context: Context) -> list[dict[str, Any]]:
    live: list[dict[str, Any]] | None = context.ask_controller("agents")
    if live is not None:
        return live
    states = context.read(lambda database: ConfigurationRepository(database).states())
    return agents_view(context.configuration(), None, states)


add_verb(agent, AGENT, "contactcenter agent add 1007 name=孙丽 skills=english")
set_verb(agent, AGENT, "contactcenter agent set 1007 skills=english,tax")


@agent.command()
@click.argument("number")
@yes_option
@dry_run_option
@json_option
@pass_context
def remove(context: Context, number: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take an agent out, of all queues too; a call under way goes on.

    Example: contactcenter agent remove 1007
    """
    find(context.configuration(), AGENT, number)
    ask = "" if yes else f"Remove agent {number}, out of all queues too?"
    change(context, partial(without_agent, number=AgentNumber(number)), dry_run=dry_run, as_json=as_json, ask=ask)
