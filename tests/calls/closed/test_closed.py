"""Outside opening hours the caller hears so, and the call ends as refused."""

import pytest

from rig.center import Center


@pytest.mark.configured(calendars={"always": {"weekly": {}}})
async def test_closed(center: Center) -> None:
    async with center.agent("1004", answer_after=0.1) as agent, center.caller() as caller:
        await caller.dial()
        await center.wait_prompt(caller, "closed")
        assert (await caller.wait_ended(10)).how == "remote_bye"
        assert agent.calls == []
    call = await center.wait_call()
    assert call["outcome"] == "refused"
    checked = center.facts("HoursChecked")[0]
    assert not checked["open"]
    assert "closed all day" in checked["why"]
