"""contactcenter NOUN VERB."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from contactcenter import __version__
from contactcenter.cli.context import ARGUMENTS, Context
from contactcenter.errors import ContactCenterError
from contactcenter.printable import printable


class OneLine(click.Group):
    """Our errors end a command with one clear line and exit code 1."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if wrong := next((word for word in args if not _is_text(word)), None):
            raise click.UsageError(f"{wrong!r} is not UTF-8. Set the terminal to UTF-8.")
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's)
        if cmd_name not in COMMANDS:
            return None
        first, *more = COMMANDS[cmd_name].split()
        module, _, name = first.partition(":")
        command: click.Command = getattr(import_module(f"contactcenter.cli.{module}"), name)
        for adding in more:
            import_module(f"contactcenter.cli.{adding}")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ContactCenterError as error:
            click.echo(f"contactcenter: {printable(str(error))}", err=True)
            sys.exit(1)


COMMANDS = {
    "init": "site:init",
    "up": "site:up",
    "down": "site:down",
    "restart": "site:restart",
    "status": "site:status",
    "serve": "site:serve",
    "doctor": "doctor:doctor",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "export": "whole:export",
    "diff": "whole:diff",
    "apply": "whole:apply",
    "undo": "audit:undo",
    "completion": "completion:completion",
    "hotline": "hotline:hotline",
    "trunk": "trunk:trunk",
    "agent": "agent:agent",
    "queue": "queue:queue",
    "calendar": "calendar:calendar calendar_edit",
    "flow": "flow:flow flow_versions",
    "route": "route:route route_check route_try",
    "customer": "customer:customer",
    "contact": "contact:contact",
    "person": "person:person",
    "call": "call:call",
    "callback": "callback:callback",
    "ticket": "ticket:ticket",
    "recording": "recording:recording recording_keys",
    "alarm": "alarm:alarm",
    "prompt": "prompt:prompt",
    "site": "settings:site_settings",
    "audit": "audit:audit",
}
"""Word -> its module and the command in it, then modules that add verbs to it. A module is read when its word is said: reading all
of them takes longer than most commands do.
"""


def _is_text(word: str) -> bool:
    """Bytes that are no text come as lone surrogates, which neither the database nor a file takes."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--site", "path", type=click.Path(path_type=Path), envvar="CONTACTCENTER_SITE", help="The site folder.")
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context, path: Path | None) -> None:
    """A contact center on Asterisk: hotline, distribution, recording, survey, tickets.

    \b
    A first try:
      contactcenter init ~/center --sample
      contactcenter --site ~/center up

    Exit codes: 0 done, 1 refused or failed with one line that says why, 2 wrong usage.
    """  # noqa: D301 (click takes the backspace as: leave these lines as they are)
    context.obj = Context(path)
