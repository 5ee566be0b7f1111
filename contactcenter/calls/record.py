"""A call's record: the projection of its facts that lists and reports show. Pure; the same for live and stored calls."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from contactcenter import events as e
from contactcenter.ids import CallId


@dataclass(slots=True)
class CallRecord:
    """Times are aware UTC. wait_seconds: from joining the queue to the first answer or to leaving; talk_seconds: answer to
    hang-up, with all agents the caller was handed to; agent: the last of them.
    """

    id: CallId
    hotline: str = ""
    caller: str = ""
    company_id: int | None = None
    company: str = ""
    contact_id: int | None = None
    contact: str = ""
    level: str = ""
    service: str = ""
    queue: str = ""
    priority: int | None = None
    agent: str = ""
    outcome: str = ""
    arrived_at: datetime | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    talk_ended_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: float | None = None
    talk_seconds: float | None = None
    rating: int | None = None
    ticket: int | None = None
    recording: str = ""

    def apply(self, fact: e.CallFact) -> None:  # noqa: C901, PLR0912 (one case for each fact, each trivial)
        """Takes one more fact of this call. Facts that say nothing about the record pass through."""
        match fact:
            case e.CallArrived():
                self.hotline, self.caller = fact.hotline, fact.caller
                self.arrived_at = self.arrived_at or fact.at
            case e.CallerIdentified():
                self.company_id, self.company = fact.company, fact.company_name
                self.contact_id, self.contact = fact.contact, fact.contact_name
                self.level = fact.level
            case e.ServiceChecked():
                self.service = fact.service
            case e.CallQueued():
                self.queue, self.priority = fact.queue, fact.priority
                self.queued_at = self.queued_at or fact.at
            case e.CallAnswered():
                self.agent, self.answered_at = fact.agent, self.answered_at or fact.at
                self.wait_seconds = _between(self.queued_at, self.answered_at)
            case e.CallReturned():
                self.agent, self.answered_at, self.wait_seconds = "", None, None
            case e.TalkEnded():
                self.talk_seconds, self.talk_ended_at = (
                    round((self.talk_seconds or 0.0) + fact.talk_seconds, 3),
                    fact.at,
                )
            case e.SurveyAnswered():
                self.rating = fact.rating
            case e.TicketOpened() | e.CallAttached():
                self.ticket = fact.ticket
            case e.RecordingSaved() | e.VoiceMessageLeft():
                self.recording = fact.path
            case e.RecordingRekeyed() if self.recording == fact.before:
                self.recording = fact.path
            case e.RecordingDeleted() if self.recording == fact.path:
                self.recording = ""
            case e.CallbackEnded() if fact.outcome in {"no_answer", "expired", "not_allowed"}:
                self.outcome = "failed"
            case e.CallEnded():
                self.outcome, self.ended_at = fact.outcome, fact.at
                if self.wait_seconds is None:
                    self.wait_seconds = _between(self.queued_at, fact.at)
            case _:
                pass

    def row(self) -> dict[str, Any]:
        return {column: getattr(self, column) for column in COLUMNS}


COLUMNS = tuple(field.name for field in fields(CallRecord))


def _between(start: datetime | None, end: datetime) -> float | None:
    return None if start is None else round((end - start).total_seconds(), 3)
