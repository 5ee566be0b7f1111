"""Callbacks over a real trunk: a key while music plays, the caller hangs up and keeps the place; when an agent is free the
agent, or the customer, is called first; the call counts as answered in the end. And redial: the old place again.
"""

import pytest

from rig.center import Center

CALLER = "13800000001"
PATIENT = {"announce_seconds": 3, "callback_retry_seconds": 1}


@pytest.mark.parametrize("order", ["agent_first", "caller_first"])
async def test_callback(center: Center, order: str) -> None:
    for queue in ("vip",):
        await center.cc("queue", "set", queue, f"callback={order}", "announce_seconds=2")
    async with center.caller(CALLER) as caller:
        call = await center.queue_up(caller)
        await center.wait_prompt(caller, "queue-callback-offer", 20)
        await caller.press("1")
        await center.wait_prompt(caller, "callback-confirmed")
        await caller.wait_ended()
    await center.wait_fact("CallEnded", call=call)
    assert [row["outcome"] for row in await center.read("call", "list")] == ["callback"]
    assert [row["number"] for row in await center.read("callback", "list")] == ["+8613800000001"]
    assert not center.facts("CallAbandoned")

    async with center.trunk(answer_after=None) as outside, center.agent("1004", answer_after=None, tone=700) as agent:
        if order == "agent_first":
            await agent.wait_ringing()
            assert not outside.calls
            await agent.answer_now()
            await center.wait_until(lambda: ringing(outside), bool)
            (customer,) = outside.calls_of(CALLER)
            await outside.answer(customer)
        else:
            await center.wait_until(lambda: ringing(outside), bool)
            (customer,) = outside.calls_of(CALLER)
            assert not agent.calls
            await outside.answer(customer)
            await agent.wait_ringing()
            await agent.answer_now()
        await customer.wait_answered()
        assert "4001234567" in (customer.invite.header("From") or "")
        await customer.media.wait_hears(700, 20)
        customer.media.start_tone(1100)
        await agent.media.wait_hears(1100)
        customer.media.stop()
        await agent.hang_up()
        await center.wait_prompt(customer, "survey-ask", 20)
        await customer.media.press("5")
        await customer.wait_ended(20)
    await center.wait_fact("CallbackEnded", call=call, outcome="answered")
    (record,) = [row for row in await center.read("call", "list") if row["id"] == call]
    assert (record["outcome"], record["agent"], record["rating"]) == ("answered", "1004", 5)
    queued = center.facts("CallQueued", call=call)
    assert queued[1]["since"] == queued[0]["at"]
    assert await center.read("callback", "list") == []
    await center.wait_fact("RecordingSaved", call=call)


@pytest.mark.configured(queues={"*": {**PATIENT, "callback": "caller_first", "callback_tries": 2}})
async def test_a_customer_who_does_not_answer(center: Center) -> None:
    async with center.caller(CALLER) as caller:
        call = await center.queue_up(caller)
        await center.wait_prompt(caller, "queue-callback-offer", 20)
        await caller.press("1")
        await center.wait_fact("CallbackRequested", call=call)
        await caller.hang_up()
    async with center.trunk(answer_after=0.2, reject=486) as outside, center.agent("1004", answer_after=None) as agent:
        await center.wait_fact("CallbackEnded", 20, call=call, outcome="no_answer")
        assert len(outside.calls) == 2
        assert not agent.calls
        await center.wait_state("1004", "ready")
    assert [row["outcome"] for row in await center.read("call", "list")] == ["failed"]


async def test_a_promise_survives_a_restart(center: Center) -> None:
    await center.cc("queue", "set", "vip", "callback=agent_first", "announce_seconds=2")
    async with center.caller(CALLER) as caller:
        call = await center.queue_up(caller)
        await center.wait_prompt(caller, "queue-callback-offer", 20)
        await caller.press("1")
        await center.wait_fact("CallbackRequested", call=call)
        await caller.hang_up()
    await center.wait_fact("CallEnded", call=call)
    await center.down()
    await center.up()
    async with center.trunk(answer_after=0.2, hang_up_after=4.0), center.agent("1004", answer_after=0.2):
        await center.wait_fact("CallbackEnded", 30, call=call, outcome="answered")


async def test_redial_has_the_old_place(center: Center) -> None:
    """Two of the same company wait; the first hangs up, calls again, and is before the second."""
    async with center.caller(CALLER) as first, center.caller("13800000001") as other:
        lost = await center.queue_up(first)
        waits = await center.queue_up(other)
        await first.hang_up()
        await center.wait_fact("CallAbandoned", call=lost)
        async with center.caller(CALLER) as again:
            call = await center.queue_up(again)
            await center.wait_prompt(again, "welcome-back")
            queued = center.facts("CallQueued", call=call)[0]
            assert queued["since"] == center.facts("CallQueued", call=lost)[0]["at"]
            assert queued["position"] == 1
            assert center.facts("CallQueued", call=waits)[0]["position"] == 2
            await again.hang_up()
        await other.hang_up()


async def ringing(outside: object) -> list:
    return outside.calls_of(CALLER)
