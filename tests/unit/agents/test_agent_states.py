"""The table of moves, and the one word people are shown."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.agents.states import MOVES, Activity, AgentState, LiveAgent, Move
from contactcenter.errors import IllegalMove
from contactcenter.ids import AgentNumber, CallId

NOW = datetime(2025, 11, 24, 2, tzinfo=UTC)
CALL = CallId("1.1")


def agent(activity: Activity = Activity.IDLE) -> LiveAgent:
    return LiveAgent(AgentNumber("1001"), logged_in=True, phone="free", activity=activity, since=NOW)


@pytest.mark.parametrize(("activity", "move"), list(itertools.product(Activity, Move)))
def test_every_move_is_in_the_table_or_is_one_named_error(activity: Activity, move: Move) -> None:
    who = agent(activity)
    later = NOW + timedelta(seconds=5)
    if (activity, move) in MOVES:
        who.move(move, later)
        assert (who.activity, who.since) == (MOVES[activity, move], later)
    else:
        with pytest.raises(IllegalMove, match=rf"agent 1001 can't {move} while {activity}"):
            who.move(move, later)
        assert (who.activity, who.since) == (activity, NOW)


def test_from_everywhere_there_is_a_way_back_to_idle() -> None:
    reached = {Activity.IDLE}
    while (more := {before for (before, _), after in MOVES.items() if after in reached} - reached) != set():
        reached |= more
    assert reached == set(Activity)


def test_nobody_talks_without_having_been_reserved() -> None:
    into = {move for (before, move), after in MOVES.items() if before is Activity.IDLE}
    assert into == {Move.RESERVE}


def test_the_call_is_kept_until_idle() -> None:
    who = agent()
    who.move(Move.RESERVE, NOW, CALL)
    for move in (Move.RING, Move.ANSWER, Move.WRAP_UP):
        who.move(move, NOW)
        assert who.call == CALL
    who.wrap_up_until = NOW
    who.move(Move.FINISH, NOW)
    assert (who.call, who.wrap_up_until, who.idle_since) == (None, None, NOW)


@pytest.mark.parametrize(
    ("logged_in", "pause", "phone", "word"),
    [
        (True, "", "free", AgentState.READY),
        (True, "", "busy", AgentState.ON_ANOTHER_CALL),
        (True, "", "unreachable", AgentState.UNREACHABLE),
        (True, "lunch", "free", AgentState.PAUSED),
        (True, "lunch", "unreachable", AgentState.PAUSED),
        (False, "", "free", AgentState.LOGGED_OUT),
        (False, "lunch", "unreachable", AgentState.LOGGED_OUT),
    ],
)
def test_the_word_for_an_idle_agent(logged_in: bool, pause: str, phone: str, word: AgentState) -> None:
    who = LiveAgent(AgentNumber("1001"), logged_in=logged_in, pause_reason=pause, phone=phone)
    assert who.state is word
    assert who.available is (word is AgentState.READY)


@pytest.mark.parametrize("activity", [a for a in Activity if a is not Activity.IDLE])
def test_who_is_on_a_call_of_ours_is_shown_so_whatever_else_is_true(activity: Activity) -> None:
    who = LiveAgent(AgentNumber("1001"), logged_in=False, pause_reason="lunch", phone="busy", activity=activity)
    assert who.state == ("reserved" if activity is Activity.CLEARING else activity.value)
    assert not who.available
