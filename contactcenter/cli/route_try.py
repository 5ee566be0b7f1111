"""route try: where a call would go and who would be asked, without a phone ringing."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import click

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import PhoneIs
from contactcenter.center import distribution_of
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.flow import destination_text, pretended, walk_on_site
from contactcenter.cli.output import json_option, print_fields, print_json, print_table, say
from contactcenter.cli.route import route
from contactcenter.clock import SystemClock
from contactcenter.configuration.models import Configuration
from contactcenter.ids import AgentNumber
from contactcenter.ivr.destination import ToQueue
from contactcenter.simulator.terminal import GivenKeys, Pretended, Walked, told
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.history import HistoryRepository

RULES = (("rule", "rule"), ("matched", "matched"), ("why", "why"))
AGENTS = (
    ("asked", "place"),
    ("agent", "agent"),
    ("name", "name"),
    ("level", "level"),
    ("state", "state"),
    ("why", "why"),
)


@route.command("try")
@click.option("--caller", default="", help="The calling number; withheld without it.")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), help="A pretended time; now without it."
)
@click.option(
    "--keys", default="", help="What the caller keys in, with commas between the answers, such as 1,2 or 100005#,1."
)
@click.option("--hotline", default="", help="The dialed number; the first hotline without it.")
@json_option
@pass_context
def try_(context: Context, caller: str, at: datetime | None, keys: str, hotline: str, as_json: bool) -> None:
    """Every rule that a call would meet and why it fits or not, the queue, and the agents in the order they would be asked.

    Example: contactcenter route try --caller 13800000001 --at "2026-12-31 18:05" --keys 1,1
    """
    configuration = context.configuration()
    moment = at.replace(tzinfo=context.zone) if at else SystemClock().now()
    call = pretended(context, configuration, hotline, caller, moment)
    heard: list[str] = []
    walked = walk_on_site(context, call, GivenKeys(keys), heard.append)
    asked, live = _asked(context, configuration, call, walked)
    case = dataclasses.asdict(walked.case) if walked.case else {}
    if as_json:
        print_json(
            {
                "nodes": walked.nodes,
                "case": case,
                "tried": [dataclasses.asdict(trial) for trial in walked.tried],
                "rule": walked.rule,
                "destination": told(walked.destination),
                "agents": asked,
                "live": live,
            }
        )
        return
    print_fields({name: value for name, value in case.items() if value not in ("", {}, (), [])}, context.zone)
    say()
    print_table(
        [dataclasses.asdict(trial) for trial in walked.tried],
        RULES,
        context.zone,
        "no rule was tried: the flow decides",
    )
    say(f"\nthen: {destination_text(walked)}")
    if asked:
        say("" if live else "(the controller is down: as if every agent who was logged in had a free phone)")
        print_table(asked, AGENTS, context.zone, "")


def _asked(
    context: Context, configuration: Configuration, call: Pretended, walked: Walked
) -> tuple[list[dict[str, Any]], bool]:
    """Who would be asked now, and whether the running controller says so."""
    to = walked.destination
    if not isinstance(to, ToQueue):
        return [], False
    hours = to.sticky_hours if to.sticky_hours is not None else configuration.queues[to.queue].sticky_hours
    who = walked.customer
    since = SystemClock().now() - timedelta(hours=hours)
    sticky = context.read(
        lambda database: HistoryRepository(database).last_agents(
            who.contact if who else None, who.company if who else None, call.caller, since
        )
    )
    query = {"first": ",".join(to.first), "sticky": ",".join(sticky), "skills": ",".join(to.skills)}
    live = context.ask_controller(f"queues/{to.queue}/asked", **query)
    if live is not None:
        return live, True
    order = _idle_engine(context, configuration).asked(
        to.queue, SystemClock().now(), first=to.first, sticky=sticky, skills=frozenset(to.skills)
    )
    return [dataclasses.asdict(one) for one in order], False


def _idle_engine(context: Context, configuration: Configuration) -> Engine:
    """Distribution with nobody on the phone and everybody where the controller last saw them."""
    engine, now = Engine(), SystemClock().now()
    engine.handle(distribution_of(configuration, context.settings), now)
    states = context.read(lambda database: ConfigurationRepository(database).states())
    for number in configuration.agents:
        if number in states:
            engine.handle(states[number], now)
        engine.handle(PhoneIs(AgentNumber(number), "free"), now)
    return engine
