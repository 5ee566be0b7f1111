"""contactcenter NOUN VERB."""

import sys
from pathlib import Path
from typing import Any

import click

from contactcenter import __version__
from contactcenter.cli import (
    agent,
    alarm,
    audit,
    calendar,
    calendar_edit,  # noqa: F401 (adds verbs to calendar)
    call,
    callback,
    completion,
    contact,
    customer,
    doctor,
    flow,
    flow_versions,  # noqa: F401 (adds verbs to flow)
    hotline,
    prompt,
    queue,
    recording,
    route,
    route_check,  # noqa: F401 (adds a verb to route)
    route_try,  # noqa: F401 (adds a verb to route)
    settings,
    site,
    ticket,
    trunk,
    whole,
)
from contactcenter.cli.context import ARGUMENTS, Context
from contactcenter.errors import ContactCenterError


class OneLine(click.Group):
    """Our errors end a command with one clear line and exit code 1."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if wrong := next((word for word in args if not _is_text(word)), None):
            raise click.UsageError(f"{wrong!r} is not UTF-8. Set the terminal to UTF-8.")
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ContactCenterError as error:
            click.echo(f"contactcenter: {error}", err=True)
            sys.exit(1)


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


for command in (
    site.init,
    site.up,
    site.down,
    site.status,
    site.serve,
    doctor.doctor,
    whole.export,
    whole.diff,
    whole.apply,
    audit.undo,
    completion.completion,
):
    main.add_command(command)
for noun in (
    hotline.hotline,
    trunk.trunk,
    agent.agent,
    queue.queue,
    calendar.calendar,
    flow.flow,
    route.route,
    customer.customer,
    contact.contact,
    call.call,
    callback.callback,
    ticket.ticket,
    recording.recording,
    alarm.alarm,
    prompt.prompt,
    settings.site_settings,
    audit.audit,
):
    main.add_command(noun)
