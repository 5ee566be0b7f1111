"""Asks the caller for a rating once the agent has hung up."""

from contactcenter.bus import CallNotes
from contactcenter.errors import CallerGone
from contactcenter.events import SurveyAnswered, SurveySkipped
from contactcenter.ids import AgentNumber
from contactcenter.phone import Phone

RATINGS = "12345"
TRIES = 2
SECONDS = 6.0


async def survey(phone: Phone, agent: AgentNumber, note: CallNotes) -> None:
    """Asks for 1 to 5 and notes the answer, or why there is none. Raises CallerGone."""
    try:
        rating = await _ask(phone)
    except CallerGone:
        note(SurveySkipped, why="hung_up")
        raise
    if rating is None:
        note(SurveySkipped, why="no_key")
        await phone.play("goodbye")
    else:
        note(SurveyAnswered, rating=rating, agent=agent)
        await phone.play("survey-thanks")


async def _ask(phone: Phone) -> int | None:
    complaint = ""
    for _ in range(TRIES):
        key = await phone.ask_key("survey-ask", SECONDS, before=complaint)
        if key and key in RATINGS:
            return int(key)
        complaint = "wrong-key" if key else "no-key"
    return None
