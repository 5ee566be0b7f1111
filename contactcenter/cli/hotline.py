"""hotline list, show, add, set, remove."""

import click

from contactcenter.cli.things import list_verb, show_verb, shown, verbs
from contactcenter.configuration.kinds import HOTLINE

COLUMNS = (
    ("number", "number"),
    ("title", "title"),
    ("calendar", "calendar"),
    ("flow", "flow"),
    ("language", "language"),
)


@click.group()
def hotline() -> None:
    """Hotlines: the numbers that callers dial, each with its hours and its flow."""


list_verb(hotline, HOTLINE, COLUMNS, lambda thing: shown(HOTLINE, thing))
show_verb(hotline, HOTLINE, "4001234567")
verbs(hotline, HOTLINE, "4001234567", "title=服务热线 calendar=workdays flow=main", "calendar=workdays language=en")
