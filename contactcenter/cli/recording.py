"""recording list."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.store.history import HistoryRepository

COLUMNS = (
    ("call", "call_id"),
    ("saved", "saved_at"),
    ("agent", "agent"),
    ("company", "company"),
    ("caller", "caller"),
    ("seconds", "seconds"),
    ("file", "path"),
)


@click.group()
def recording() -> None:
    """Recordings: both voices in stereo, the caller on the left."""


@recording.command("list")
@json_option
@pass_context
def list_recordings(context: Context, as_json: bool) -> None:
    """Every recording, the newest first; files are in the site's recordings folder.

    Example: contactcenter recording list
    """
    rows = context.read(lambda database: HistoryRepository(database).recordings())
    if as_json:
        print_json([{**row, "file": str(context.site.recordings / row["path"])} for row in rows])
    else:
        print_table(rows, COLUMNS, context.zone, "no recordings yet")
