"""No controller: callers hear a prompt and reach the on-call phones; one that hangs is replaced."""

import contextlib
import os
import signal

import pytest

from rig.center import Center


@pytest.mark.settings(after_seconds="2", on_call='["1006"]')
async def test_fallback_rings_the_on_call_phones(center: Center) -> None:
    """Nobody of the hotline's queue is on duty. The call is in the store once the site is up again."""
    async with center.agent("1006", answer_after=0.2, tone=600) as on_call, center.caller() as caller:
        await kill(center, "up", "serve")
        await caller.dial()
        await caller.wait_answered(10)
        await center.wait_prompt(caller, "fallback")
        await on_call.wait_answered(20)
        caller.media.start_tone(1100)
        await caller.media.wait_hears(600)
        await on_call.media.wait_hears(1100)
        await on_call.hang_up()
        assert (await caller.wait_ended()).how == "remote_bye"
    await center.down()
    await center.up()
    record = await center.wait_call()
    assert (record["agent"], record["queue"], record["outcome"]) == ("1006", "", "answered")
    assert record["ticket"]
    assert record["recording"]


async def test_a_hung_controller_is_replaced_and_its_caller_taken(center: Center) -> None:
    """Frozen, it still accepts connections: only its silence tells."""
    os.kill((await center.read("status"))["processes"]["serve"], signal.SIGSTOP)
    async with center.caller() as caller:
        await caller.dial()
        await center.wait_fact("NodeEntered", timeout=40, node="main-menu")
        await center.wait_prompt(caller, "menu-main")
        await caller.hang_up()
    assert (await center.wait_call())["outcome"] == "abandoned"


async def test_a_phone_added_while_the_controller_hangs_is_known_in_the_end(center: Center) -> None:
    """The command does not wait for it, and says so; the next controller tells Asterisk, which went on running."""
    os.kill((await center.read("status"))["processes"]["serve"], signal.SIGSTOP)
    said = await center.cc("agent", "add", "1011", "name=新人", "sip_password=first-one")
    assert "the controller does not answer" in said
    with contextlib.suppress(KeyError, ProcessLookupError):  # it may have been found to hang already
        await kill(center, "serve")
    await center.wait_until(lambda: known(center, "1011"), bool, 20)
    async with center.agent("1011"):
        await center.wait_until(lambda: center.read("agent", "show", "1011"), lambda agent: agent["registered"], 20)


async def known(center: Center, number: str) -> bool:
    async with center.ami() as ami:
        endpoints = await ami.action_list("PJSIPShowEndpoints")
    return any(endpoint.get("ObjectName") == number for endpoint in endpoints)


async def kill(center: Center, *names: str) -> None:
    processes = (await center.read("status"))["processes"]
    for name in names:
        os.kill(processes[name], signal.SIGKILL)
