"""Facts: what is stored today is read back for years."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contactcenter import events
from contactcenter.events import AgentFact, CallFact, CallRouted, Fact, RuleTried, UnknownFact

AT = datetime(2026, 11, 25, 8, 30, 15, 123456, tzinfo=UTC)

STORED = {
    "CallArrived": "call hotline caller raw_caller caller_name trunk",
    "HoursChecked": "call calendar open why",
    "ServiceCodeTried": "call attempt accepted keyed limited",
    "CallerIdentified": "call by company company_name contact contact_name level",
    "ServiceChecked": "call service until",
    "NodeEntered": "call flow node",
    "KeyPressed": "call flow node key",
    "CallRouted": "call queue priority rule tried",
    "CallQueued": "call queue priority position",
    "CallOffered": "call queue agent attempt why",
    "OfferMissed": "call queue agent reason",
    "CallAnswered": "call queue agent agent_name",
    "CallAbandoned": "call step",
    "TalkEnded": "call agent by talk_seconds",
    "RecordingSaved": "call path seconds key",
    "RecordingFailed": "call why",
    "RecordingRekeyed": "call before path key",
    "RecordingDeleted": "call path why by sha256",
    "SurveyAnswered": "call rating agent",
    "SurveySkipped": "call why",
    "TicketOpened": "call ticket title assignee",
    "CallAttached": "call ticket",
    "TicketClosed": "ticket assignee",
    "CallEnded": "call outcome why",
    "AgentLoggedIn": "agent",
    "AgentLoggedOut": "agent",
    "AgentPaused": "agent reason",
    "AgentResumed": "agent",
    "WrapUpStarted": "agent call until",
    "WrapUpEnded": "agent call",
    "PhoneChanged": "agent phone",
    "AlarmRaised": "name detail call agent",
    "AlarmsTold": "name count until",
    "CallReturned": "call queue agent",
    "WaitAnnounced": "call queue position estimate_seconds",
    "OfferWithdrawn": "call queue agent why",
    "CallbackRequested": "call queue number priority since hotline name skills",
    "CallbackTried": "call attempt outcome agent",
    "CallbackEnded": "call outcome",
    "VoiceMessageLeft": "call path seconds key",
    "CallOverflowed": "call queue to why",
    "CallTransferred": "call agent to",
    "FlowStarted": "call flow version",
    "DigitsCollected": "call flow node variable digits ok",
    "HttpLookedUp": "call flow node seconds ok why",
    "WrapUpExtended": "agent call until",
    "VariableSet": "call name value secret",
    "FlowLeft": "call to",
    "CallRecovered": "call step how",
}
"""Names that are in databases out there. Add new facts and new fields (with a default); never rename or remove one."""

KINDS = {name: kind for name, kind in Fact.KINDS.items() if kind not in {CallFact, AgentFact, UnknownFact}}


def values(hint: Any) -> Iterator[Any]:
    """Every interesting value of a type."""
    origin = typing.get_origin(hint)
    if isinstance(hint, typing.NewType):
        yield from values(hint.__supertype__)
    elif origin is typing.Literal:
        yield from typing.get_args(hint)
    elif origin in {typing.Union, types.UnionType}:
        for option in typing.get_args(hint):
            yield from values(option)
    elif origin is tuple:
        item = next(values(typing.get_args(hint)[0]))
        yield from ((), (item,), (item, item))
    elif origin is dict:
        yield from ({}, {"level": "vip", "open": True, "products": ["a"], "menu": {"main-menu": "1"}})
    elif hint is datetime:
        yield AT + timedelta(microseconds=1)
    elif dataclasses.is_dataclass(hint):
        names = typing.get_type_hints(hint)
        yield hint(**{field.name: next(values(names[field.name])) for field in dataclasses.fields(hint)})
    else:
        yield from {
            str: ("", '张伟\'s "line"\n'),
            int: (0, 2**40),
            float: (0.0, 1.25),
            bool: (True, False),
            type(None): (None,),
        }[hint]


def instances(kind: type[Fact]) -> Iterator[Fact]:
    """Facts of a kind in which every field has had each of its values."""
    hints = typing.get_type_hints(kind)
    choices = {f.name: list(values(hints[f.name])) for f in dataclasses.fields(kind) if f.name != "at"}
    for index in range(max(len(options) for options in choices.values())):
        yield kind(at=AT, **{name: options[index % len(options)] for name, options in choices.items()})


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_fact_survives_the_store(name: str) -> None:
    for fact in instances(KINDS[name]):
        stored = json.loads(json.dumps(fact.data()))
        assert "at" not in stored
        back = Fact.read(fact.kind, AT, stored)
        assert back == fact
        assert type(back) is KINDS[name]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_fields_of_a_later_version_are_passed_over(name: str) -> None:
    fact = next(instances(KINDS[name]))
    assert Fact.read(name, AT, {**fact.data(), "added_later": {"a": [1]}}) == fact


def test_fields_of_a_later_version_inside_a_fact_are_passed_over() -> None:
    tried = {"rule": "a", "matched": True, "why": "all", "added_later": 1}
    data = {"call": "1.2", "queue": "vip", "priority": 1, "rule": "a", "tried": [tried]}
    fact = Fact.read("CallRouted", AT, data)
    assert isinstance(fact, CallRouted)
    assert fact.tried == (RuleTried(rule="a", matched=True, why="all"),)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_facts_are_frozen(name: str) -> None:
    fact = next(instances(KINDS[name]))
    for field in dataclasses.fields(fact):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(fact, field.name, None)
    assert not hasattr(fact, "__dict__")


def test_no_stored_fact_loses_its_name() -> None:
    assert KINDS.keys() == STORED.keys()


@pytest.mark.parametrize("name", sorted(STORED))
def test_no_stored_field_loses_its_name_and_new_ones_have_a_default(name: str) -> None:
    fields = {field.name: field for field in dataclasses.fields(KINDS[name]) if field.name != "at"}
    stored = STORED[name].split()
    assert set(stored) <= fields.keys()
    added = [fields[field] for field in fields.keys() - set(stored)]
    missing = dataclasses.MISSING
    assert [field.name for field in added if field.default is missing and field.default_factory is missing] == []


def test_each_kind_is_the_class_of_that_name() -> None:
    for name, kind in Fact.KINDS.items():
        assert getattr(events, name) is kind


def test_every_fact_of_a_call_names_it() -> None:
    of_a_call = {name for name, kind in KINDS.items() if issubclass(kind, CallFact)}
    assert of_a_call == {name for name, fields in STORED.items() if fields.startswith("call ")}
