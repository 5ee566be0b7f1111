"""completion: what a shell needs to complete our commands."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell; put it where that shell looks.

    Example: contactcenter completion bash > ~/.local/share/bash-completion/completions/contactcenter
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (click has all of SHELLS)
    click.echo(kind(context.find_root().command, {}, "contactcenter", "_CONTACTCENTER_COMPLETE").source())
