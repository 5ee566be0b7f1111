"""route list, show, add, edit, move, remove."""

from functools import partial

import click

from contactcenter.cli.changing import change, dry_run_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.cli.things import remove_verb, show_verb
from contactcenter.configuration.editing import words_of
from contactcenter.configuration.kinds import ROUTE
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.routes import WORDS, added, conditions, edited, moved, place_before

COLUMNS = (
    ("place", "place"),
    ("route", "name"),
    ("callers", "when"),
    ("to", "to"),
    ("priority", "priority"),
    ("first", "first"),
    ("skills", "skills"),
    ("prompt", "prompt"),
)


@click.group()
def route() -> None:
    """Routes: which callers go to which queue. Tried from top to bottom, the first that fits wins."""


@route.command("list")
@json_option
@pass_context
def list_routes(context: Context, as_json: bool) -> None:
    """Every rule, in the order they are tried.

    Example: contactcenter route list
    """
    rules = context.configuration().routes.values()
    if as_json:
        print_json([{"place": place, "name": rule.name, **ROUTE.plain(rule)} for place, rule in enumerate(rules, 1)])
        return
    rows = [
        {
            "place": place,
            "name": rule.name,
            "when": conditions(rule),
            "to": f"queue {rule.queue}" if rule.queue else f"flow {rule.flow}",
            "priority": rule.priority,
            "first": list(rule.first),
            "skills": list(rule.skills),
            "prompt": rule.prompt,
        }
        for place, rule in enumerate(rules, 1)
    ]
    print_table(rows, COLUMNS, context.zone, "no routes")


show_verb(route, ROUTE, "VIP")


@route.command()
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@click.option("--at", "place", type=click.IntRange(min=1), help="1 is tried first; the last if it is left out.")
@click.option("--before", default=None, help="Before the rule of that name.")
@dry_run_option
@json_option
@pass_context
def add(
    context: Context,
    name: str,
    settings: tuple[str, ...],
    place: int | None,
    before: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add a rule: conditions, and where such callers go. docs/admin.md tells what each word means.

    Example: contactcenter route add VIP level=vip,super_vip queue=vip priority=8 --at 1
    """
    words = words_of(settings, WORDS)

    def operation(now: Configuration) -> Configuration:
        return added(now, name, words, place_before(now, before) if before else place)

    change(context, operation, dry_run=dry_run, as_json=as_json)


@route.command()
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@dry_run_option
@json_option
@pass_context
def edit(context: Context, name: str, settings: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Change conditions or choices of a rule; a word without a value takes it out.

    Example: contactcenter route edit VIP priority=9 service=
    """
    words = words_of(settings, WORDS)
    change(context, partial(edited, name=name, words=words), dry_run=dry_run, as_json=as_json)


@route.command()
@click.argument("name")
@click.argument("place", type=click.IntRange(min=1))
@dry_run_option
@json_option
@pass_context
def move(context: Context, name: str, place: int, dry_run: bool, as_json: bool) -> None:
    """Let a rule be tried at another place; 1 is first.

    Example: contactcenter route move VIP 1
    """
    change(context, partial(moved, name=name, place=place), dry_run=dry_run, as_json=as_json)


remove_verb(route, ROUTE, "contactcenter route remove VIP")
