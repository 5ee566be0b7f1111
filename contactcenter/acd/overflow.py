"""Where a call goes that a queue can't serve: the words an admin writes, and what is wrong with them.

queue:NAME        another queue, with the place it has; the second line is one
number:NUMBER     a phone outside, over the trunk, such as the duty manager's; or an agent's extension
voice_message     the caller leaves a message, which becomes a ticket
callback          the caller is called back, with the place it has
hang_up           an apology, and the end
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from contactcenter.errors import BadInput, NotFound

Kind = Literal["queue", "number", "voice_message", "callback", "hang_up"]
NUMBER = re.compile(r"\+?[0-9]{2,20}")
WITH_TARGET = ("queue", "number")
ALONE = ("voice_message", "callback", "hang_up")


@dataclass(frozen=True, slots=True)
class Action:
    """target: the queue's name or the number, "" for the others."""

    kind: Kind
    target: str = ""


def parse(text: str) -> Action:
    """Raises BadInput."""
    kind, colon, target = text.partition(":")
    if kind in ALONE and not colon:
        return Action(kind)  # type: ignore[arg-type]
    if kind in WITH_TARGET and target:
        return Action(kind, target)  # type: ignore[arg-type]
    known = ", ".join((*(f"{kind}:..." for kind in WITH_TARGET), *ALONE))
    raise BadInput(f"{text or 'nothing'!r} is nothing that can be done with a call. Use one of: {known}")


def check_action(where: str, text: str, queues: Collection[str]) -> None:
    """Raises BadInput or NotFound, beginning with `where`. queues: those it may go to."""
    try:
        action = parse(text)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    if action.kind == "queue" and action.target not in queues:
        raise NotFound(f"{where}: there is no other queue {action.target}. Add it first, or name one that exists.")
    if action.kind == "number" and not NUMBER.fullmatch(action.target):
        raise BadInput(f"{where}: {action.target!r} is no phone number. Use digits, with + for another country.")
