"""Nobody calls or registers without the right password, and nothing but SIP and voice listens beyond loopback."""

import psutil
import pytest

from rig.agent import NotRegisteredError, SippAgent
from rig.caller import Caller
from rig.center import Center
from rig.leg import CallEndedError
from rig.ports import LOOPBACK


@pytest.mark.parametrize(("user", "number"), [("trunk", "13800000001"), ("1001", "1001"), ("nobody", "nobody")])
async def test_a_call_with_a_wrong_password_is_refused(center: Center, user: str, number: str) -> None:
    async with Caller(LOOPBACK, center.sip_port, user, "wrong", number=number) as caller:
        await caller.dial()
        with pytest.raises(CallEndedError):
            await caller.wait_answered()
        ending = caller.ending
    assert ending is not None
    assert (ending.how, ending.code) == ("refused", 401)
    assert not center.facts("CallArrived")


async def test_a_phone_with_a_wrong_password_does_not_register(center: Center) -> None:
    with pytest.raises(NotRegisteredError):
        async with SippAgent("1001", "wrong", LOOPBACK, center.sip_port):
            pass
    assert (await center.wait_state("1001", "unreachable"))["registered"] is False


async def test_manager_agi_and_api_listen_on_loopback_only(center: Center) -> None:
    processes = (await center.read("status"))["processes"]
    listening = {
        connection.laddr
        for name in ("serve", "asterisk")
        for connection in psutil.Process(processes[name]).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {port for _, port in listening} == {center.ami_port, center.agi_port, center.http_port}
    assert {address for address, _ in listening} == {LOOPBACK}
