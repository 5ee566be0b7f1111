"""export, diff, apply: the whole configuration as one file, so that a site lives in git."""

import sys
from pathlib import Path

import click

from contactcenter.cli.changing import change, dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option
from contactcenter.configuration.document import export as export_text
from contactcenter.configuration.document import read_document
from contactcenter.errors import SiteError
from contactcenter.printable import printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@pass_context
def export(context: Context, file: Path | None) -> None:
    """Write the whole configuration as one YAML file, or to the screen. No password is in it.

    Example: contactcenter export center.yaml
    """
    text = export_text(context.configuration())
    if file is None:
        click.echo(printable(text) if sys.stdout.isatty() else text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SiteError(f"{file} can't be written: {error.strerror}.") from None


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_context
def diff(context: Context, file: Path, as_json: bool) -> None:
    """What `apply FILE` would do; exit code 1 when that is anything.

    Example: contactcenter diff center.yaml
    """
    made = change(context, lambda now: read_document(file, now), dry_run=True, as_json=as_json)
    if made.items:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@yes_option
@dry_run_option
@json_option
@pass_context
def apply(context: Context, file: Path, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Make the site as FILE says, in one step or not at all; a section that is not in it stays as it is.

    Example: contactcenter apply center.yaml --yes
    """
    ask = "" if yes else f"Make the site as {file} says? See: contactcenter diff {file}"
    change(context, lambda now: read_document(file, now), dry_run=dry_run, as_json=as_json, ask=ask)
