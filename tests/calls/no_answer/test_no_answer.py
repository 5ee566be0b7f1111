"""An agent does not answer, is busy, or declines: the next agent is rung at once, the caller hears music all the while."""

import pytest

from rig.center import Center

SHORT = {"*": {"ring_seconds": 2}}


@pytest.mark.configured(queues=SHORT)
@pytest.mark.parametrize(
    ("refusal", "reason"), [({}, "no_answer"), ({"busy": 486}, "busy"), ({"busy": 603}, "rejected")]
)
async def test_next_agent(center: Center, refusal: dict, reason: str) -> None:
    async with (
        center.agent("1004", answer_after=None if not refusal else 0.1, **refusal) as absent,
        center.agent("1005", answer_after=0.2, tone=600) as present,
        center.caller() as caller,
    ):
        await center.wait_state("1005", "ready")
        await caller.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("0")
        await present.wait_answered(15)
        await caller.media.wait_hears(600)
        missed_ring = absent.calls[0]
        if reason == "no_answer":
            await missed_ring.wait_cancelled()
        assert present.calls[0].invited_at - (missed_ring.ended_at or 0) < 0.5
        await caller.hang_up()
    call = await center.wait_call()
    assert call["agent"] == "1005"
    assert [(f["agent"], f["reason"]) for f in center.facts("OfferMissed")] == [("1004", reason)]
    queued, answered = center.facts("CallQueued"), center.facts("CallAnswered")
    assert len(queued) == len(answered) == 1
    assert caller.media.longest_gap() < 0.5
