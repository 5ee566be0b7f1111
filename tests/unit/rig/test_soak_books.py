"""The books of a soak: what is right balances, and each thing that can be wrong is found."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rig.soak_books import Books, balance
from rig.soak_watch import Sample, growth_per_hour

CALLER, CALL, AGENT = "13900000001", "1700000000.1", "1004"
AT = "2026-11-24T09:00:00+00:00"


def fact(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": AT, "call": CALL, **more}


ANSWERED = [
    fact("CallArrived", raw_caller=CALLER),
    fact("CallAnswered", agent=AGENT),
    fact("TicketOpened", ticket=1),
    fact("TalkEnded", agent=AGENT, talk_seconds=3.0),
    fact("CallEnded", outcome="answered", why=""),
]
BRIDGED = f'"","{CALLER}","s","controller","","PJSIP/trunk-1","PJSIP/{AGENT}-2","Bridge","","","","",3,3,"ANSWERED","","{CALL}"'
UNBRIDGED = BRIDGED.replace(f"PJSIP/{AGENT}-2", "")


def books(folder: Path, facts: list[dict[str, Any]], *cdr: str, answered: bool = True) -> Books:
    records = folder / "log" / "cdr-csv"
    records.mkdir(parents=True)
    (records / "Master.csv").write_text("\n".join(cdr) + "\n", encoding="utf-8")
    site = SimpleNamespace(folder=folder, facts=lambda: facts)
    caller = SimpleNamespace(caller=CALLER, trying_at=1.0, ending=None)
    phone = SimpleNamespace(number=AGENT, answered=answered)
    return balance(site, [caller], [phone], {id(phone): CALLER})


def test_what_is_right_balances(tmp_path: Path) -> None:
    found = books(tmp_path, ANSWERED, BRIDGED)
    assert (found.made, found.ended, found.answered, found.outcomes) == (1, 1, 1, Counter(answered=1))
    assert found.lost == found.doubled == found.differ == found.unknown == []


@pytest.mark.parametrize(
    ("facts", "cdr", "what", "told"),
    [
        (ANSWERED[:-1], [BRIDGED], "lost", "never ended"),
        ([], [], "lost", "not in the store"),
        ([], [UNBRIDGED], "unknown", "not in the store"),
        ([*ANSWERED[:1], ANSWERED[-1] | {"outcome": "abandoned"}], [BRIDGED], "lost", "the store does not"),
        ([*ANSWERED[:2], *ANSWERED[3:]], [BRIDGED], "lost", "without a ticket"),
        ([*ANSWERED, ANSWERED[-1]], [BRIDGED], "doubled", "2 x CallEnded"),
        ([*ANSWERED, ANSWERED[0] | {"call": "1700000000.2"}], [BRIDGED], "doubled", "arrived as"),
        ([*ANSWERED, fact("CallAttached", ticket=2)], [BRIDGED], "doubled", "with more tickets"),
        ([*ANSWERED, fact("CallArrived", raw_caller="139")], [BRIDGED], "doubled", "called by nobody"),
        (ANSWERED, [UNBRIDGED], "differ", "Asterisk does not"),
        (ANSWERED, [], "differ", "Asterisk has 0 calls"),
        (ANSWERED, [BRIDGED, BRIDGED.replace(CALL, "1700000000.2")], "differ", "Asterisk has 2 calls"),
        ([*ANSWERED[:-1], ANSWERED[-1] | {"outcome": "failed"}], [BRIDGED], "differ", "failed, with 1 conversations"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, facts: list[Any], cdr: list[str], what: str, told: str) -> None:
    assert any(told in line for line in getattr(books(tmp_path, facts, *cdr), what))


def test_a_conversation_that_no_phone_answered(tmp_path: Path) -> None:
    found = books(tmp_path, ANSWERED, BRIDGED, answered=False)
    assert "not on the wire" in found.differ[0]


def test_a_killed_asterisk_is_no_witness(tmp_path: Path) -> None:
    found = books(tmp_path, [*ANSWERED[:-1], ANSWERED[-1] | {"why": "Asterisk went away in the conversation"}])
    assert (found.unwitnessed, found.differ, found.lost) == (1, [], [])


def test_growth_is_that_of_the_process_that_lived_longest_and_was_warm() -> None:
    def life(pid: int, seconds: int, start: int, each: int) -> list[Sample]:
        return [Sample(float(pid * 10_000 + at), pid, start + each * max(0, at - 100), 20) for at in range(seconds)]

    grows = life(1, 50, 10, 9) + life(2, 1100, 36_000, 1) + life(3, 200, 10, 9)
    assert growth_per_hour(grows, 100.0) == pytest.approx(10.0, rel=0.01)
    assert growth_per_hour(life(1, 600, 10, 0), 100.0) is None
    assert growth_per_hour([], 0.0) is None
