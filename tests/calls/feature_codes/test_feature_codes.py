"""Agents log in and out, pause and resume by feature codes on their phone, each confirmed by voice."""

import pytest

from rig.caller import Caller
from rig.center import Center
from rig.ports import LOOPBACK


@pytest.mark.sql("update agents set logged_in = 0")
async def test_feature_codes(center: Center) -> None:
    assert (await center.read("agent", "show", "1001"))["state"] == "logged_out"

    async def dial(code: str) -> None:
        login = (LOOPBACK, center.sip_port, "1001", center.password("1001"))
        async with Caller(*login, number="1001", hotline=code) as phone:
            await phone.dial()
            await phone.wait_answered()
            await phone.media.wait_silence_after_speech(10, silence_seconds=0.2)
            assert (await phone.wait_ended(5)).how == "remote_bye"

    async with center.agent("1001", answer_after=0.2):
        for code, state, reason in (
            ("*44", "logged_out", ""),
            ("*41", "ready", ""),
            ("*43", "paused", "break"),
            ("*44", "ready", ""),
            ("*42", "logged_out", ""),
        ):
            await dial(code)
            assert (await center.wait_state("1001", state))["pause_reason"] == reason
    kinds = [f["kind"] for f in center.facts(agent="1001") if f["kind"].startswith("Agent")]
    assert kinds == ["AgentLoggedIn", "AgentPaused", "AgentResumed", "AgentLoggedOut"]
    assert not center.facts("CallArrived")
