"""Alarms of one name become one message."""

import json
from datetime import UTC, datetime, timedelta

from contactcenter.events import AlarmRaised
from contactcenter.ids import CallId
from contactcenter.monitoring.alarms import GIVE_UP_AFTER, LONGEST_WAIT, MOST_NAMED, AlarmMessages

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def alarm(seconds: float, name: str = "recording_failed", call: str = "1.1") -> AlarmRaised:
    return AlarmRaised(at=after(seconds), name=name, detail=f"of call {call}", call=CallId(call))


def test_a_storm_is_one_message_with_a_count() -> None:
    messages = AlarmMessages()
    for number in range(1000):
        messages.add(alarm(number / 1000, call=f"1.{number}"))
    assert messages.due(after(0.9)) == []
    (message,) = messages.due(after(1))
    body = json.loads(message.body("Beijing"))
    assert {key: body[key] for key in ("site", "name", "count", "detail", "first_at", "last_at")} == {
        "site": "Beijing",
        "name": "recording_failed",
        "count": 1000,
        "detail": "of call 1.999",
        "first_at": after(0).isoformat(),
        "last_at": after(0.999).isoformat(),
    }
    assert body["calls"] == [f"1.{number}" for number in range(MOST_NAMED)]
    told = messages.told(message, after(1))
    assert (told.count, told.until) == (1000, after(0.999))


def test_the_next_of_that_name_waits_and_another_does_not() -> None:
    messages = AlarmMessages()
    messages.add(alarm(0))
    (message,) = messages.due(after(1))
    messages.add(alarm(1.5))  # while the first is on its way
    messages.told(message, after(2))
    messages.add(alarm(3))
    messages.add(alarm(3, "asterisk_away"))
    assert [one.name for one in messages.due(after(5))] == ["asterisk_away"]
    messages.told(messages.due(after(5))[0], after(5))
    assert messages.due(after(61)) == []
    (second,) = messages.due(after(62))
    assert second.count == 2


def test_what_was_tried_is_tried_again_as_it_was() -> None:
    """The other end may have taken it, and its yes was lost."""
    messages = AlarmMessages()
    messages.add(alarm(0))
    (message,) = messages.due(after(1))
    before = message.body("x")
    assert not messages.failed(message, after(1))
    messages.add(alarm(2))
    assert messages.due(after(3)) == []
    (again,) = messages.due(after(6))
    assert again.body("x") == before


def test_an_absent_receiver_costs_no_memory_and_is_given_up_in_the_end() -> None:
    messages = AlarmMessages()
    now, tries = START, 0
    messages.add(alarm(0))
    while True:
        now += LONGEST_WAIT
        messages.add(AlarmRaised(at=now, name="recording_failed", detail="x"))
        (message,) = messages.due(now)
        tries += 1
        if messages.failed(message, now):
            break
    assert now - START >= GIVE_UP_AFTER
    assert tries > 800
    assert len(messages._gathering) == 1
    assert messages.due(now)[0].count == tries - 1  # the first message had the first two
