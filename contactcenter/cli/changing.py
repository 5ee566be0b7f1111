"""What all commands have in common that change something: their options, and what they say of it."""

from typing import Any

import click

from contactcenter.changes import Item
from contactcenter.cli.context import Changed, Context
from contactcenter.cli.output import print_json, say
from contactcenter.configuration.kinds import SECRET
from contactcenter.configuration.models import Operation

dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
LONGEST = 60
EMPTY: tuple[Any, ...] = (None, "", [], {})


def change(
    context: Context, operation: Operation, *, dry_run: bool, as_json: bool, ask: str = "", undoes: int | None = None
) -> Changed:
    """Makes a change and says what differs. ask: a question that is answered with yes first; "" for none."""
    if ask and not dry_run:
        click.confirm(ask, abort=True)
    made = context.change(operation, dry_run=dry_run, undoes=undoes)
    if as_json:
        print_json({"changed": [plain_item(item) for item in made.items], "live": made.live, "dry_run": dry_run})
        return made
    print_items(made.items)
    if not made.items:
        say("nothing changes: it is so already.")
    elif dry_run:
        say("nothing was changed (--dry-run).")
    elif not made.live:
        say("stored; the controller does not answer, and takes it when it starts.")
    return made


def print_items(items: tuple[Item, ...]) -> None:
    """A line for each thing, and one for each of its fields that differ."""
    for item in items:
        if item.before is None:
            new = {name: value for name, value in (masked(item.after) or {}).items() if value not in EMPTY}
            say(f"+ {item.kind} {item.key}: {short(new)}")
        elif item.after is None:
            say(f"- {item.kind} {item.key}")
        else:
            say(f"~ {item.kind} {item.key}")
            for name, (old, new) in differing(item).items():
                say(f"    {name}: {short(old)} -> {short(new)}")


def differing(item: Item) -> dict[str, tuple[Any, Any]]:
    """Field -> what it was, what it is; secrets are masked."""
    before, after = item.before or {}, item.after or {}
    return {
        name: ("***", "*** (new)") if name in SECRET else (before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    }


def masked(plain: Any) -> Any:
    """A plain form without its secrets."""
    return None if plain is None else {name: "***" if name in SECRET else value for name, value in plain.items()}


def short(value: Any) -> str:
    if value in EMPTY:
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            text = ", ".join(str(one) for one in value)
        case dict():
            text = ", ".join(f"{name}={short(one)}" for name, one in value.items())
        case str() if "\n" in value:
            return f"{value.count(chr(10))} lines"
        case _:
            text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def plain_item(item: Item) -> dict[str, Any]:
    """For programs, without secrets."""
    return {"kind": item.kind, "key": item.key, "before": masked(item.before), "after": masked(item.after)}
