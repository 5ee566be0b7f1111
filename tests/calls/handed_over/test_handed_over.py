"""An agent hands the caller over to another by the phone's transfer key (SIP REFER): both who talked have their wrap-up, in all
their queues; the recording has both talks; the call is one call with one ending.
"""

import pytest

from rig.center import Center


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 30}})
async def test_wrap_up_over_a_transfer(center: Center) -> None:
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as first,
        center.agent("1006", answer_after=0.3, tone=900) as second,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        await center.wait_state("1006", "ready")
        call = await center.queue_up(caller)
        await caller.media.wait_hears(700)
        await first.transfer("1006")
        await center.wait_state("1004", "wrap_up")
        await second.wait_answered()
        await caller.media.wait_hears(900)
        assert (await center.wait_state("1004", "wrap_up"))["call"] == call
        await second.hang_up()
        await center.wait_state("1006", "wrap_up")
        await center.wait_prompt(caller, "survey-ask")
        await caller.press("4")
        assert (await caller.wait_ended()).how == "remote_bye"
        assert (await center.wait_state("1004", "wrap_up"))["call"] == call
        await center.cc("agent", "resume", "1004")
        await center.cc("agent", "extend", "1006", "--seconds", "90")
        extended = await center.wait_fact("WrapUpExtended", agent="1006")
        assert extended["until"] > center.facts("WrapUpStarted", agent="1006")[0]["until"]
        await center.wait_state("1004", "ready")
        await center.cc("agent", "resume", "1006")
    record = await center.wait_call()
    assert (record["agent"], record["outcome"], record["rating"]) == ("1006", "answered", 4)
    assert center.facts("CallTransferred")[0]["to"] == "1006"
    talks = [(f["agent"], f["by"]) for f in center.facts("TalkEnded")]
    assert talks == [("1004", "agent"), ("1006", "agent")]
    assert record["talk_seconds"] == pytest.approx(sum(f["talk_seconds"] for f in center.facts("TalkEnded")), abs=0.01)
    assert record["recording"]
    assert len(center.facts("CallEnded")) == 1
    await center.wait_fact("WrapUpEnded", agent="1006")
    assert [f["agent"] for f in center.facts("WrapUpEnded")] == ["1004", "1006"]


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0, "ring_seconds": 2}})
async def test_a_caller_handed_to_somebody_who_does_not_answer_is_served_by_the_queue(center: Center) -> None:
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as first,
        center.agent("1006", answer_after=None) as silent,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        await center.wait_state("1006", "ready")
        await center.queue_up(caller)
        await caller.media.wait_hears(700)
        await first.transfer("1006")
        await silent.wait_ringing()
        await center.wait_until(lambda: answers(center), lambda found: len(found) == 2)
        await caller.hang_up()
    assert [f["agent"] for f in center.facts("CallAnswered")] == ["1004", "1004"]
    assert center.facts("OfferMissed")[0]["agent"] == "1006"


async def answers(center: Center) -> list[dict]:
    return center.facts("CallAnswered")
