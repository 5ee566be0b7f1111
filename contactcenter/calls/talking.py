"""A conversation, to its end."""

from collections.abc import Callable

from contactcenter.bus import CallNotes
from contactcenter.events import TalkEnded
from contactcenter.phone import Talk, TalkEnd


async def until_talk_ends(talk: Talk, free_agent: Callable[[], None], note: CallNotes) -> TalkEnd:
    """Waits for the end and notes it. Whatever happens, free_agent is called: nobody stays talking for ever."""
    try:
        end = await talk.ended()
        seconds = max(0.0, (end.at - talk.answered_at).total_seconds())
        note(TalkEnded, agent=talk.agent, by=end.by, talk_seconds=seconds, transferred_to=end.transferred_to)
        return end
    finally:
        free_agent()
