"""The books of a soak: what SIP, Asterisk's call detail records (CDR) and the store say of each call, set against each other.

Every caller has a number of its own, so a call is known in all three by it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rig.center import Center
    from rig.leg import Leg

ONCE = ("CallArrived", "CallEnded", "SurveyAnswered", "RecordingSaved", "TicketOpened")
SOURCE, CHANNEL, OTHER_CHANNEL, CONTEXT, UNIQUE_ID = 1, 5, 6, 3, 16
"""Columns of cdr_csv."""
PART = re.compile(r"[\w.]+-(caller|agent)\.wav")
KILLED = "Asterisk went away"
REAL_TALK_SECONDS = 0.5
"""A shorter one may be one that the caller left in the instant it was answered: no bridge, no CDR of it."""


@dataclass
class Books:
    """Each list holds what is wrong, a line each; outcomes: of the store."""

    made: int = 0
    ended: int = 0
    answered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    recovered: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    unrecorded: Counter[str] = field(default_factory=Counter)
    """Conversations without a recording, by the reason."""
    unwitnessed: int = 0
    """Calls of an Asterisk that was killed, and wrote no CDR of them."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Calls that came and went while no controller was there: Asterisk alone knows of them."""


@dataclass
class Told:
    """Of one caller. calls: the ids that Asterisk gave; agents: whom Asterisk bridged them to."""

    calls: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)


def balance(center: Center, callers: Sequence[Leg], phones: Sequence[Leg], shown: dict[int, str]) -> Books:
    """phones: every leg to an agent; shown: the caller's number on each, by id()."""
    books, cdr = Books(), _cdr(center)
    facts = center.facts()
    by_call: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        if fact.get("call"):
            by_call[fact["call"]].append(fact)
    books.alarms.update(fact["name"] for fact in facts if fact["kind"] == "AlarmRaised")
    books.unrecorded.update(PART.sub("one part", fact["why"]) for fact in facts if fact["kind"] == "RecordingFailed")
    books.recovered.update(fact["how"] for fact in facts if fact["kind"] == "CallRecovered")
    arrivals: defaultdict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact["kind"] == "CallArrived":
            arrivals[fact["raw_caller"]].add(fact["call"])
    answered = Counter((shown[id(leg)], leg.number) for leg in phones if leg.answered)
    for leg in callers:
        _one(books, leg, cdr[leg.caller], [fact for call in arrivals[leg.caller] for fact in by_call[call]], answered)
    known = {leg.caller for leg in callers}
    books.doubled += [f"{number} called by nobody" for number in arrivals if number and number not in known]
    return books


def _one(
    books: Books, leg: Leg, told: Told | None, facts: list[dict[str, Any]], answered: Counter[tuple[str, str]]
) -> None:
    """facts: of all calls from that number."""
    who, arrived = leg.caller, {fact["call"] for fact in facts}
    books.made += 1
    if leg.trying_at is None:
        books.lost.append(f"{who}: Asterisk did not take the call")
        return
    if any(fact.get("why", "").startswith(KILLED) for fact in facts):
        books.unwitnessed += 1
        told = None
    elif told is not None and len(told.calls) != 1:
        books.differ.append(f"{who}: Asterisk has {len(told.calls)} calls: {sorted(told.calls)}")
    if not arrived:
        (books.unknown if told and told.calls else books.lost).append(f"{who}: not in the store, {leg.ending}")
        return
    if len(arrived) > 1:
        books.doubled.append(f"{who}: arrived as {sorted(arrived)}")
    if told and told.calls and arrived != told.calls:
        books.differ.append(f"{who}: Asterisk calls it {sorted(told.calls)}, the store {sorted(arrived)}")
    _facts(books, who, facts)
    _talks(books, who, facts, told, answered)


def _facts(books: Books, who: str, facts: Sequence[dict[str, Any]]) -> None:
    kinds = Counter(fact["kind"] for fact in facts)
    call = facts[0]["call"]
    books.doubled += [f"{who} {call}: {kinds[kind]} x {kind}" for kind in ONCE if kinds[kind] > 1]
    if kinds["TicketOpened"] + kinds["CallAttached"] > kinds["CallAnswered"]:
        books.doubled.append(f"{who} {call}: {kinds['CallAnswered']} conversations, with more tickets")
    if not kinds["CallEnded"]:
        books.lost.append(
            f"{who} {call}: never ended in the store; last {facts[-1]['kind']} at {facts[-1]['at'][11:23]}"
        )
        return
    books.ended += 1
    outcome = next(fact["outcome"] for fact in facts if fact["kind"] == "CallEnded")
    books.outcomes[outcome] += 1
    books.answered += outcome == "answered"


def _talks(
    books: Books, who: str, facts: Sequence[dict[str, Any]], told: Told | None, answered: Counter[tuple[str, str]]
) -> None:
    """Asterisk's bridges, the store's conversations and the phones that were answered are about the same agents."""
    call, kinds = facts[0]["call"], {fact["kind"] for fact in facts}
    talks = {fact["agent"] for fact in facts if fact["kind"] == "TalkEnded"}
    real = {
        fact["agent"] for fact in facts if fact["kind"] == "TalkEnded" and fact["talk_seconds"] >= REAL_TALK_SECONDS
    }
    if told and (missing := told.agents - talks):
        books.lost.append(f"{who} {call}: Asterisk knows of a conversation with {_all(missing)}, the store does not")
    if told and (invented := real - told.agents):
        books.differ.append(f"{who} {call}: the store knows of a conversation with {_all(invented)}, Asterisk does not")
    if unheard := {agent for agent in real if not answered[who, agent]}:
        books.differ.append(f"{who} {call}: {_all(unheard)} answered by the store, and not on the wire")
    if real and not kinds & {"TicketOpened", "CallAttached"}:
        books.lost.append(f"{who} {call}: a conversation without a ticket")
    outcome = next((fact["outcome"] for fact in facts if fact["kind"] == "CallEnded"), "")
    if outcome and bool(talks) != (outcome == "answered"):
        books.differ.append(f"{who} {call}: {outcome}, with {len(talks)} conversations")


def _cdr(center: Center) -> defaultdict[str, Told]:
    """By the caller's number."""
    told: defaultdict[str, Told] = defaultdict(Told)
    with (center.folder / "log" / "cdr-csv" / "Master.csv").open(encoding="utf-8", errors="replace") as file:
        for row in csv.reader(file):
            if len(row) <= UNIQUE_ID or not row[CHANNEL].startswith("PJSIP/trunk-"):
                continue
            told[row[SOURCE]].calls.add(row[UNIQUE_ID])
            if row[OTHER_CHANNEL].startswith("PJSIP/") and row[CONTEXT] != "fallback":
                told[row[SOURCE]].agents.add(row[OTHER_CHANNEL].removeprefix("PJSIP/").partition("-")[0])
    return told


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
