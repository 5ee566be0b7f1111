"""call list, show, explain."""

from typing import Any

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import console, json_option, print_fields, print_json, print_table, say
from contactcenter.errors import NotFound
from contactcenter.events import Fact
from contactcenter.ids import CallId
from contactcenter.printable import printable
from contactcenter.reports.explain import explain_call
from contactcenter.store.history import HistoryRepository

COLUMNS = (
    ("id", "id"),
    ("arrived", "arrived_at"),
    ("caller", "caller"),
    ("company", "company"),
    ("service", "service"),
    ("queue", "queue"),
    ("agent", "agent"),
    ("outcome", "outcome"),
    ("wait s", "wait_seconds"),
    ("talk s", "talk_seconds"),
    ("rating", "rating"),
    ("ticket", "ticket"),
)


EMPTY: tuple[Any, ...] = (None, "", [])


@click.group()
def call() -> None:
    """Calls: what happened, and why."""


@call.command("list")
@click.option("--limit", type=click.IntRange(1, 2**31 - 1), help="Only the newest so many.")
@json_option
@pass_context
def list_calls(context: Context, limit: int | None, as_json: bool) -> None:
    """Every call, the newest first.

    Example: contactcenter call list --limit 20
    """
    rows = context.read(lambda database: HistoryRepository(database).calls(limit))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no calls yet")


@call.command()
@click.argument("call_id")
@json_option
@pass_context
def show(context: Context, call_id: str, as_json: bool) -> None:
    """One call, with every fact and its time.

    Example: contactcenter call show 1795500000.42
    """
    record, facts = _read(context, call_id)
    if as_json:
        print_json({**record, "facts": [{"at": f.at, "kind": f.kind, **f.data()} for f in facts]})
        return
    print_fields(record, context.zone)
    say()
    start = facts[0].at
    for fact in facts:
        seconds = (fact.at - start).total_seconds()
        details = "  ".join(
            f"{k}={v}" for k, v in fact.data().items() if k not in {"call", "tried", "case"} and v not in EMPTY
        )
        console().print(
            f"{fact.at.astimezone(context.zone):%H:%M:%S.%f}"[:-3],
            f"{seconds:8.3f} s  {fact.kind:<18}{printable(details)}",
        )


@call.command()
@click.argument("call_id")
@json_option
@pass_context
def explain(context: Context, call_id: str, as_json: bool) -> None:
    """Why a call went where it went, from its own facts.

    Example: contactcenter call explain 1795500000.42
    """
    _, facts = _read(context, call_id)
    lines = explain_call(facts)
    if as_json:
        print_json(lines)
    else:
        for line in lines:
            say(f"{line['step']:<10} {line['text']}")


def _read(context: Context, call_id: str) -> tuple[dict[str, Any], list[Fact]]:
    async def ask(database: Any) -> tuple[dict[str, Any] | None, list[Fact]]:
        history = HistoryRepository(database)
        return await history.call(CallId(call_id)), await history.facts(CallId(call_id))

    record, facts = context.read(ask)
    if record is None:
        raise NotFound(f"there is no call {call_id}. See: contactcenter call list")
    return record, facts
