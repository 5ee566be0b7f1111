"""A flow that goes on after the conversation (`then:`): the caller comes to a second queue, and both talks are in the recording."""

import asyncio

import pytest

from rig.center import Center

MAIN = """\
start: sales
nodes:
  sales: {type: queue, queue: vip, then: billing}
  billing: {type: queue, queue: renewals}
"""


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0}})
async def test_two_queues_one_after_the_other(center: Center) -> None:
    file = center.folder / "twice.yaml"
    file.write_text(MAIN, encoding="utf-8")
    await center.cc("flow", "publish", str(file))
    await center.cc("hotline", "set", "4001234567", "flow=twice")
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as first,
        center.agent("1006", answer_after=0.3, tone=900) as second,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        await center.wait_state("1006", "ready")
        await caller.dial()
        await caller.media.wait_hears(700, 40)
        await asyncio.sleep(1)
        await first.hang_up()
        await caller.media.wait_hears(900, 40)
        await asyncio.sleep(1)
        await second.hang_up()
        await center.wait_prompt(caller, "survey-ask")
        await caller.press("4")
        assert (await caller.wait_ended()).how == "remote_bye"
    record = await center.wait_call()
    assert (record["agent"], record["outcome"], record["rating"]) == ("1006", "answered", 4)
    talks = [fact["talk_seconds"] for fact in center.facts("TalkEnded")]
    assert len(talks) == 2
    (saved,) = center.facts("RecordingSaved")
    assert max(talks) + 0.5 < saved["seconds"] < sum(talks) + 0.5
