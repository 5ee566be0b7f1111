"""prompt list, set."""

from pathlib import Path

import click

from contactcenter.cli.changing import dry_run_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table, say
from contactcenter.dialplan import LANGUAGES, prompt_texts, prompts
from contactcenter.prompts import set_prompt
from contactcenter.store.changes import record_alone

COLUMNS = (("prompt", "name"), ("language", "language"), ("file", "there"), ("text", "text"))


@click.group()
def prompt() -> None:
    """Prompts: what callers hear."""


@prompt.command("list")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@json_option
@pass_context
def list_prompts(context: Context, language: str, as_json: bool) -> None:
    """Every prompt of a language with its text.

    Example: contactcenter prompt list --language en
    """
    there, texts = prompts(context.site)[language], prompt_texts(context.site, language)
    rows = [
        {"name": name, "language": language, "there": name in there, "text": texts.get(name, "")}
        for name in sorted(there | texts.keys())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no prompts")


@prompt.command("set")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@click.option("--text", default="", help="What the file says; as before if it is left out.")
@dry_run_option
@pass_context
def set_(context: Context, name: str, file: Path, language: str, text: str, dry_run: bool) -> None:
    """Replace prompt NAME by a WAV or MP3 FILE, or add it. It is heard from the next call on.

    Example: contactcenter prompt set welcome ~/welcome.mp3 --text 您好
    """
    seconds, item = set_prompt(context.site, language, name, file, text, dry_run=dry_run)
    if dry_run:
        say(f"prompt {name} ({language}) would be {file.name}, {seconds:.1f} s; nothing was changed (--dry-run).")
        return
    context.read(lambda database: record_alone(database, context.author, (item,)))
    say(f"prompt {name} ({language}) is now {file.name}, {seconds:.1f} s.")
