"""Passwords are guessed from one address, and requests pour in from another: the guesser is shut out for a while, nobody learns
which users there are, and a conversation loses nothing of its sound.
"""

import asyncio
import re
import time

import pytest

from rig.center import Center
from rig.ports import LOOPBACK, free_port
from rig.raw_sip import RawSip
from rig.sip import SipMessage

GUESSER, FLOOD, NEIGHBOUR = "127.0.0.66", "127.0.0.67", "127.0.0.68"
FLOOD_SECONDS = 3.0
FLOOD_RATE = 1500
TLS_PORT = free_port("tcp")


def shape(answer: SipMessage) -> str:
    """An answer without what differs in each."""
    return re.sub(
        rb'(nonce|opaque|branch|tag|rport|received)="?[^",;\s]*|(?<=sip:)[\w-]+(?=@)', b"", answer.raw
    ).decode()


async def refused(center: Center) -> list[dict]:
    return center.facts("AlarmRaised", name="sip_shut_out")


@pytest.mark.settings(failed_logins="4", shut_out_seconds="4", tls='"offered"', tls_port=str(TLS_PORT))
async def test_who_guesses_is_shut_out_and_calls_go_on(center: Center) -> None:
    server = (LOOPBACK, center.sip_port)
    async with (
        center.agent("1004", answer_after=0.2, tone=700),
        center.caller() as caller,
        await RawSip.open(server, GUESSER) as guesser,
        await RawSip.open(server, FLOOD) as flood,
        await RawSip.open(server, NEIGHBOUR) as neighbour,
    ):
        await center.wait_state("1004", "ready")
        await center.queue_up(caller)
        since = await caller.media.wait_hears(700)  # a phone without encryption, where it is offered
        known, unknown = [
            await guesser.ask("REGISTER", user, (user, "wrong"), call_id=f"same-{number}")
            for number, user in enumerate(("1001", "nobody-at-all"))
        ]
        assert known.status == 401
        assert shape(known).replace("same-0", "") == shape(unknown).replace("same-1", "")
        for _ in range(2):
            assert (await guesser.register("1002", "wrong")) == 401
        (alarm,) = await center.wait_until(lambda: refused(center), bool, 5)
        assert alarm["detail"].startswith(f"{GUESSER} had 4 wrong passwords")

        async def shut() -> int:
            return await guesser.register("1005", center.password("1005"))

        await center.wait_until(shut, lambda status: status == 403, 5)
        assert await neighbour.register("1005", center.password("1005")) == 200
        sent = await pour(flood)
        assert sent > FLOOD_SECONDS * FLOOD_RATE / 3
        assert caller.media.longest_gap(since) < 0.5
        async with center.caller("13800000002") as another:
            await another.dial()
            await another.wait_answered(5)
            await another.hang_up()
        await center.wait_until(shut, lambda status: status == 200, 10)
        assert [one["detail"].split()[0] for one in await refused(center)] == [GUESSER]
        await caller.hang_up()


async def pour(flood: RawSip) -> int:
    """REGISTERs without a password, as fast as that; how many."""
    sent, begun = 0, time.monotonic()
    while (elapsed := time.monotonic() - begun) < FLOOD_SECONDS:
        while sent < elapsed * FLOOD_RATE:
            flood.send(flood.request("REGISTER", "1001", "1001", f"flood-{sent}"))
            sent += 1
        await asyncio.sleep(0.01)
    return sent


@pytest.mark.settings(permit='["127.0.0.1"]', trunk_addresses='["127.0.0.69"]', deny='["127.0.0.1/32"]')
async def test_who_is_not_in_a_permitted_network_is_told_nothing(center: Center) -> None:
    """Also with the right password; deny overrules permit, and providers are let in all the same."""
    server = (LOOPBACK, center.sip_port)
    for own in (LOOPBACK, NEIGHBOUR):
        async with await RawSip.open(server, own) as stranger:
            for user, password in (("1001", center.password("1001")), ("nobody", "wrong")):
                answer = await stranger.ask("REGISTER", user, (user, password))
                assert (answer.status, answer.header("WWW-Authenticate")) == (403, None)
    async with center.caller(own="127.0.0.69") as caller:
        await caller.dial()
        await caller.wait_answered(5)
        await caller.hang_up()
