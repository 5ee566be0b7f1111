"""trunk list, show, add, set, remove."""

import click

from contactcenter.cli.things import list_verb, show_verb, shown, verbs
from contactcenter.configuration.kinds import TRUNK

COLUMNS = (
    ("trunk", "name"),
    ("kind", "kind"),
    ("host", "host"),
    ("port", "port"),
    ("user", "username"),
    ("addresses", "addresses"),
    ("outgoing", "outgoing"),
    ("title", "title"),
)


@click.group()
def trunk() -> None:
    """Trunks: the ways to providers."""


list_verb(trunk, TRUNK, COLUMNS, lambda thing: shown(TRUNK, thing))
show_verb(trunk, TRUNK, "telecom")
verbs(
    trunk,
    TRUNK,
    "telecom",
    "kind=registration host=sip.telecom.example username=02012345 password=secret",
    "strip=0 region=CN",
)
