"""A phone drops off the network while it rings: the call goes to the next agent at once, the caller keeps the place."""

import time

import pytest

from rig.center import Center


@pytest.mark.configured(queues={"*": {"ring_seconds": 60}})
async def test_phone_lost_while_ringing(center: Center) -> None:
    async with (
        center.agent("1004", answer_after=None) as lost,
        center.agent("1005", answer_after=0.2, tone=600) as next_one,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        await center.wait_state("1005", "ready")
        await center.queue_up(caller)
        await lost.wait_ringing()
        gone = time.monotonic()
        await lost.unregister()
        await next_one.wait_answered()
        assert next_one.call.invited_at - gone < 1.0
        await lost.wait_cancelled()
        await caller.media.wait_hears(600)
        assert (await center.wait_state("1004", "unreachable"))["registered"] is False
        await caller.hang_up()
    record = await center.wait_call()
    assert record["agent"] == "1005"
    assert [(f["agent"], f["why"]) for f in center.facts("OfferWithdrawn")] == [("1004", "agent_gone")]
    assert len(center.facts("CallQueued")) == 1
