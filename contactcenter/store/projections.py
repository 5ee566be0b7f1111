"""Facts into rows, and what they change beside: calls, agents, recordings, promises to call back. Blocking."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contactcenter import events as e
from contactcenter.calls.record import CallRecord
from contactcenter.ids import AgentNumber, CallId
from contactcenter.store import tables as t

KEPT_RECORDS = 1000
"""Records of calls that are over: their recordings are saved, and their tickets attached, a little later."""

Row = dict[str, Any]

INSERT_FACTS = insert(t.facts)
UPDATE_AGENTS = update(t.agents).where(t.agents.c.number == bindparam("of_agent"))
UPDATE_RECORDINGS = update(t.recordings).where(t.recordings.c.path == bindparam("of_path"))
UPDATE_CALLBACKS = update(t.callbacks).where(t.callbacks.c.call_id == bindparam("of_call"))
FACTS_OF_CALL = select(t.facts).where(t.facts.c.call_id == bindparam("call")).order_by(t.facts.c.seq)


class Projections:
    """Writes facts with all they change. Remembers the records of calls, so that the next fact of a call needs no reading."""

    def __init__(self) -> None:
        self._records: dict[CallId, CallRecord] = {}
        self._stored: dict[CallId, Row] = {}
        self._over: dict[CallId, None] = {}

    def write(self, connection: Connection, numbered: Sequence[tuple[int | None, e.Fact]]) -> None:
        """All within the connection's transaction. When it fails: forget(). Numbers are those of the spool."""
        batch = [fact for _, fact in numbered]
        calls = self._calls(connection, [fact for fact in batch if isinstance(fact, e.CallFact)])
        connection.execute(INSERT_FACTS, [_row(fact, number) for number, fact in numbered])
        if calls:
            connection.execute(_upsert(connection.dialect.name, t.calls), calls)
        _write_agents(connection, batch)
        for fact in batch:
            if isinstance(fact, e.RecordingSaved | e.VoiceMessageLeft | e.RecordingRekeyed | e.RecordingDeleted):
                _write_recording(connection, fact)
            if isinstance(fact, e.CallbackRequested | e.CallbackTried | e.CallbackEnded):
                _write_callback(connection, fact)

    def forget(self) -> None:
        """What is remembered may not be what is stored: it is read again when it is needed."""
        self._records.clear()
        self._stored.clear()
        self._over.clear()

    def _calls(self, connection: Connection, facts: Sequence[e.CallFact]) -> list[Row]:
        """The rows of calls that these facts change."""
        for fact in facts:
            record = self._records.get(fact.call) or self._read(fact.call, connection)
            record.apply(fact)
            if record.outcome:
                self._over[fact.call] = None
        changed = []
        for call in dict.fromkeys(fact.call for fact in facts):
            row = self._records[call].row()
            if self._stored.get(call) != row:
                self._stored[call] = row
                changed.append(row)
        while len(self._over) > KEPT_RECORDS:
            oldest = next(iter(self._over))
            del self._over[oldest], self._records[oldest], self._stored[oldest]
        return changed

    def _read(self, call: CallId, connection: Connection) -> CallRecord:
        """The record put together from stored facts: of a new call there are none."""
        record = self._records[call] = CallRecord(call)
        for row in connection.execute(FACTS_OF_CALL, {"call": call}):
            fact = e.Fact.read(row.kind, row.at, row.data)
            if isinstance(fact, e.CallFact):
                record.apply(fact)
        return record


def _row(fact: e.Fact, number: int | None) -> Row:
    return {
        "number": number,
        "at": fact.at,
        "kind": fact.kind,
        "call_id": getattr(fact, "call", None),
        "agent": getattr(fact, "agent", None),
        "data": fact.data(),
    }


@cache
def _upsert(dialect: str, table: Table) -> Insert:
    """For rows with a value for each column."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def _write_agents(connection: Connection, batch: Sequence[e.Fact]) -> None:
    """Each agent's last values, those of the same columns together."""
    agents: dict[AgentNumber, Row] = {}
    for fact in batch:
        if isinstance(fact, e.AgentFact) and (values := _agent_values(fact)):
            agents.setdefault(fact.agent, {}).update(values)
    alike: dict[frozenset[str], list[Row]] = {}
    for agent, values in agents.items():
        alike.setdefault(frozenset(values), []).append({"of_agent": agent, **values})
    for rows in alike.values():
        connection.execute(UPDATE_AGENTS, rows)


def _agent_values(fact: e.AgentFact) -> Row:
    """What a fact changes in the state of its agent."""
    values: Row = {}
    match fact:
        case e.AgentLoggedIn():
            values = {"logged_in": True}
        case e.AgentLoggedOut():
            values = {"logged_in": False, "pause_reason": ""}
        case e.AgentPaused():
            values = {"pause_reason": fact.reason}
        case e.AgentResumed():
            values = {"pause_reason": ""}
        case e.WrapUpStarted() | e.WrapUpExtended():
            values = {"wrap_up_until": fact.until, "wrap_up_call": fact.call}
        case e.WrapUpEnded():
            values = {"wrap_up_until": None, "wrap_up_call": ""}
    return values


def _write_recording(connection: Connection, fact: e.Fact) -> None:
    match fact:
        case e.RecordingSaved() | e.VoiceMessageLeft():
            row: Row = {
                "path": fact.path,
                "call_id": fact.call,
                "kind": "talk" if isinstance(fact, e.RecordingSaved) else "message",
                "seconds": fact.seconds,
                "saved_at": fact.at,
                "key": fact.key,
                "deleted_at": None,
                "deleted_why": "",
                "deleted_by": "",
                "sha256": "",
            }
            connection.execute(_upsert(connection.dialect.name, t.recordings), row)
        case e.RecordingRekeyed():
            connection.execute(UPDATE_RECORDINGS, {"of_path": fact.before, "path": fact.path, "key": fact.key})
        case e.RecordingDeleted():
            values = {"deleted_at": fact.at, "deleted_why": fact.why, "deleted_by": fact.by, "sha256": fact.sha256}
            connection.execute(UPDATE_RECORDINGS, {"of_path": fact.path, **values})


def _write_callback(connection: Connection, fact: e.CallbackRequested | e.CallbackTried | e.CallbackEnded) -> None:
    values: Row
    match fact:
        case e.CallbackRequested():
            row = {key: value for key, value in fact.data().items() if key in t.callbacks.c and key != "since"}
            row |= {"call_id": fact.call, "since": fact.since, "tries": 0, "tried_at": None, "outcome": ""}
            connection.execute(_upsert(connection.dialect.name, t.callbacks), row)
            return
        case e.CallbackTried():
            values = {"tries": fact.attempt, "tried_at": fact.at}
        case e.CallbackEnded():
            values = {"outcome": fact.outcome}
    connection.execute(UPDATE_CALLBACKS, {"of_call": fact.call, **values})
