"""An English hotline: prompts and the spoken place in the line come in English."""

import pytest

from rig.center import Center


@pytest.mark.configured(hotlines={"*": {"language": "en"}}, queues={"*": {"announce_seconds": 2}})
async def test_english(center: Center) -> None:
    async with center.caller("13800000001") as first, center.caller("13800000001") as second:
        for caller in (first, second):
            await caller.dial()
            await center.wait_prompt(caller, "menu-main", language="en")
            await caller.press("0")
            await center.wait_prompt(caller, "queue-connecting", language="en")
        await center.wait_prompt(first, "queue-next", language="en")
        for prompt in ("queue-position-before", "digits/2", "queue-position-after"):
            await center.wait_prompt(second, prompt, language="en")
        await first.hang_up()
        await center.wait_prompt(second, "queue-next", language="en")
        await second.hang_up()
    assert {(await center.wait_call(n))["outcome"] for n in (1, 2)} == {"abandoned"}
