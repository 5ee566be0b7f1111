"""customer import, export."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contactcenter.cli.changing import dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.customer_output import book
from contactcenter.cli.output import json_option, print_json, say
from contactcenter.customers.columns import REASON, Columns, columns_of
from contactcenter.customers.company import differences
from contactcenter.customers.exporting import HEADINGS, table_of
from contactcenter.customers.importing import Plan, plan_import
from contactcenter.customers.sheets import Cells, Row, fused, opened, write_table
from contactcenter.errors import BadInput

SHOWN = 20
"""Lines of each part of a preview; --json has all."""
FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command("import")
@FILE
@click.option("--fields", is_flag=True, help="Columns with names that nobody knows become own fields of the company.")
@click.option(
    "--partial", is_flag=True, help="Import what can be, and write the refused rows with the reason to a file."
)
@click.option("--refused", type=click.Path(path_type=Path), help="That file; FILE-refused unless it is named.")
@yes_option
@dry_run_option
@json_option
@pass_context
def import_(
    context: Context,
    file: Path,
    fields: bool,
    partial: bool,
    refused: Path | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add and change companies and contacts from an xlsx or csv file. First it is said what would be done. A row is a contact;
    rows of one company belong together. Empty cells change nothing, and nobody is removed. The same file again changes nothing.

    Example: contactcenter customer import customers.xlsx --dry-run
    """
    with _progress() as progress, _without_collecting():
        headings, columns, plan = _planned(context, file, fields, progress)
    if as_json:
        print_json(_summary(plan, columns, dry_run))
    else:
        _print_plan(plan, columns)
    if plan.refused and not partial:
        count = sum(len(refusal.rows) for refusal in plan.refused)
        raise BadInput(
            f"{count} rows are refused, so nothing was imported. Correct them, or take the rest with --partial."
        )
    if dry_run:
        say("nothing was changed (--dry-run).", err=as_json)
        return
    if plan.edits and not yes:
        click.confirm("Import this?", abort=True, err=as_json)
    if plan.refused:
        target = refused or file.with_name(f"{file.stem}-refused{'.csv' if file.suffix.lower() == '.csv' else '.xlsx'}")
        write_table(target, *_refused_table(headings, plan))
        say(f"the refused rows are in {target}.", err=as_json)
    author, now = context.author, datetime.now(UTC)
    with _progress() as progress, _without_collecting():
        progress.add_task("saving", total=None)
        done = context.read(lambda database: book(context, database).save(plan.edits, author, now))
    say(f"{len(done)} companies were imported." if done else "nothing changes: it is so already.", err=as_json)


@click.command()
@FILE
@click.option(
    "--headings", type=click.Choice(sorted(HEADINGS)), default="zh", show_default=True, help="Their language."
)
@click.option("--search", default="", help="Only companies with these words, as in customer list.")
@pass_context
def export(context: Context, file: Path, headings: str, search: str) -> None:
    """Write companies and contacts to an xlsx or csv file, as an import takes them again. Cells that a spreadsheet would take for
    formulas get an apostrophe, which the import takes away.

    Example: contactcenter customer export customers.xlsx
    """
    companies = context.read(lambda database: book(context, database).search(search.strip(), 10**6))
    names, rows = table_of(companies, headings)
    write_table(file, names, rows)
    say(f"{len(companies)} companies are in {file}.")


FILES = (import_, export)


def _planned(context: Context, file: Path, own_fields: bool, progress: Progress) -> tuple[Cells, Columns, Plan]:
    existing = context.read(lambda database: book(context, database).all())
    checking = progress.add_task("checking", total=None, visible=False)
    with opened(file) as (headings, rows, total):
        columns = columns_of(headings, own_fields)
        counted = _counted(rows, progress, total)
        plan = plan_import(
            counted,
            columns,
            existing,
            context.settings.region,
            tick=lambda done, many: progress.update(checking, completed=done + 1, total=many, visible=True),
        )
    return headings, columns, plan


def _counted(rows: Iterable[Row], progress: Progress, total: int) -> Iterator[Row]:
    task = progress.add_task("reading", total=total or None)
    for row in rows:
        yield row
        progress.advance(task)


def _progress() -> Progress:
    """On a terminal only."""
    console = Console(stderr=True)
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*bar, console=console, transient=True, disable=not console.is_terminal, refresh_per_second=4)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Hundreds of thousands of rows that all stay: looking for garbage among them again and again takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _print_plan(plan: Plan, columns: Columns) -> None:
    rows = sum(len(refusal.rows) for refusal in plan.refused)
    say(
        f"{len(plan.added)} companies are new, {len(plan.changed)} change, {plan.unchanged} stay as they are, "
        f"{rows} rows are refused."
    )
    _some([f"+ {company.name}: {len(company.contacts)} contacts" for company in plan.added])
    _some([f"~ {after.name}: {', '.join(differences(before, after))}" for before, after in plan.changed])
    _some([f"! {_rows_of(refusal.rows)} {refusal.name}: {refusal.reason}" for refusal in plan.refused])
    if columns.ignored:
        say(f"columns that nobody knows, passed over: {', '.join(columns.ignored)} (--fields keeps them)")


def _some(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        say(line)
    if len(lines) > SHOWN:
        say(f"{lines[0][0]} and {len(lines) - SHOWN} more; --json tells all")


def _rows_of(rows: tuple[Row, ...]) -> str:
    numbers = [str(row.number) for row in rows]
    return (
        f"row {numbers[0]}"
        if len(numbers) == 1
        else f"rows {', '.join(numbers[:5])}{', ...' if len(numbers) > 5 else ''}"
    )


def _summary(plan: Plan, columns: Columns, dry_run: bool) -> dict[str, Any]:
    return {
        "added": [company.name for company in plan.added],
        "changed": [{"name": after.name, "fields": differences(before, after)} for before, after in plan.changed],
        "unchanged": plan.unchanged,
        "refused": [
            {"rows": [row.number for row in refusal.rows], "name": refusal.name, "reason": refusal.reason}
            for refusal in plan.refused
        ],
        "ignored_columns": columns.ignored,
        "dry_run": dry_run,
    }


def _refused_table(headings: Cells, plan: Plan) -> tuple[list[str], list[list[str]]]:
    """The columns of the file, and one with the reason."""
    names = [_text(heading) for heading in headings]
    kept = [index for index, name in enumerate(names) if name not in REASON]
    rows = [
        [*(_text(row.cells[index]) if index < len(row.cells) else "" for index in kept), refusal.reason]
        for refusal in plan.refused
        for row in refusal.rows
    ]
    return [*(names[index] for index in kept), REASON[0]], rows


def _text(cell: Any) -> str:
    """A cell as it was; of a formula nothing is left, the reason tells where it stood."""
    match cell:
        case str():
            return fused(cell)
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case int() | float():
            return str(cell)
    return ""
