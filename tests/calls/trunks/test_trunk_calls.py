"""Trunks that an admin sets up while calls are up: registered with, called over and calling, one after the other when one
fails, and tried out.
"""

import pytest

from rig.center import Center, CommandFailed
from rig.provider import Provider

HERE, THERE, NOBODY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
USER, PASSWORD = "02012345", "provider-secret"
CUSTOMER, MOBILE = "13800000001", "13911110000"


async def add(center: Center, name: str, provider: Provider, *more: str) -> None:
    await center.cc("trunk", "add", name, f"host={provider.own}", f"port={provider.port}", *more)


async def add_account(center: Center, provider: Provider, *more: str, password: str = PASSWORD) -> None:
    await add(center, "telecom", provider, "kind=registration", f"username={USER}", f"password={password}", *more)


async def state_of(center: Center, name: str) -> str:
    return next(row["state"] for row in await center.read("trunk", "list") if row["name"] == name)


async def registered(provider: Provider) -> list[str]:
    return list(provider.registered)


@pytest.mark.settings(qualify_seconds="1")
async def test_one_is_added_while_a_call_is_up(center: Center) -> None:
    async with (
        Provider(HERE, center.sip_port, {USER: PASSWORD}) as provider,
        center.agent("1004", answer_after=0.2, tone=700) as agent,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        await center.queue_up(caller)
        since = await caller.media.wait_hears(700)
        await add_account(center, provider, "strip=9")
        contact = await provider.wait_registered(USER, 5)
        assert f"sip:{USER}@127.0.0.1:{center.sip_port}" in contact
        await center.wait_until(lambda: state_of(center, "telecom"), lambda state: state == "registered")
        caller.media.start_tone(1100)
        await agent.media.wait_hears(1100)
        assert caller.media.longest_gap(since) < 0.5
        await center.cc("trunk", "remove", "telecom", "--yes")
        await center.wait_until(lambda: registered(provider), lambda found: not found)
        assert await center.read("trunk", "list") == []
        assert not caller.leg.over
        await caller.hang_up()


async def test_its_callers(center: Center) -> None:
    """Known by its address alone, their numbers put right by what the trunk says of them."""
    async with Provider(HERE, center.sip_port) as provider:
        await add(center, "telecom", provider, "strip=9")
        await center.cc("trunk", "add", "west", f"addresses={THERE}/32", "region=US")
        for own, number, trunk, known in (
            (HERE, f"9{CUSTOMER}", "telecom", f"+86{CUSTOMER}"),
            (THERE, "6502530000", "west", "+16502530000"),
        ):
            async with center.caller(number, own=own) as caller:
                await caller.dial()
                arrived = await center.wait_fact("CallArrived", trunk=trunk)
                assert (arrived["caller"], arrived["raw_caller"], arrived["hotline"]) == (known, number, "4001234567")
                assert not caller.leg.find(401)
                await caller.hang_up()
        calls = len(center.facts("CallArrived"))
        for stranger in ("trunk-telecom", "trunk-west"):
            async with center.caller(stranger, own=NOBODY, password="wrong") as caller:
                await caller.dial()
                assert (await caller.wait_ended()).how == "refused"
                assert caller.leg.find(401)
        assert len(center.facts("CallArrived")) == calls
        assert "over trunk telecom" in await center.cc("call", "explain", center.facts("CallArrived")[0]["call"])


@pytest.mark.settings(trunk_addresses=f'["{HERE}"]')
async def test_the_addresses_of_the_settings_are_known_by_address_alone_too(center: Center) -> None:
    async with center.caller(own=HERE) as known, center.caller("provider", own=NOBODY, password="wrong") as stranger:
        await known.dial()
        assert (await center.wait_fact("CallArrived"))["trunk"] == ""
        await known.hang_up()
        await stranger.dial()
        assert (await stranger.wait_ended()).how == "refused"
        assert len(center.facts("CallArrived")) == 1


@pytest.mark.settings(qualify_seconds="1")
@pytest.mark.configured(queues={"*": {"max_wait_seconds": 2, "overflow_timeout": f"number:{MOBILE}"}})
async def test_the_next_one_takes_a_call_that_the_first_refuses(center: Center) -> None:
    async with (
        Provider(HERE, center.sip_port, answer_after=0.1, reject=403) as first,
        Provider(THERE, center.sip_port, answer_after=0.5, tone=800) as second,
        center.trunk(answer_after=0.5) as old,
        center.caller() as caller,
    ):
        await add(center, "in-only", second, "outgoing=no", "addresses=127.0.0.5")
        await center.cc("trunk", "add", "gone", f"host={NOBODY}", "port=9")
        await center.wait_until(lambda: state_of(center, "gone"), lambda state: state == "unreachable")
        await add(center, "first", first)
        await add(center, "second", second, "region=US")
        await center.queue_up(caller)
        await caller.media.wait_hears(800, 20)
        assert [call.number for call in first.calls] == [MOBILE]
        (call,) = second.calls
        assert call.number == MOBILE
        assert call.invited_at >= first.calls[0].ended_at
        assert "4001234567" in (call.invite.header("From") or "")
        await caller.hang_up()
        await call.wait_ended()
        assert not old.calls
    assert (await center.wait_call())["agent"] == MOBILE


@pytest.mark.configured(queues={"*": {"max_wait_seconds": 2, "overflow_timeout": f"number:{MOBILE}"}})
async def test_a_busy_number_is_busy_over_every_trunk(center: Center) -> None:
    async with (
        Provider(HERE, center.sip_port, answer_after=0.1, reject=486) as first,
        Provider(THERE, center.sip_port, answer_after=0.1) as second,
        center.caller() as caller,
    ):
        await add(center, "first", first)
        await add(center, "second", second)
        await center.queue_up(caller)
        await center.wait_fact("CallEnded", 25, outcome="failed")
        assert len(first.calls) == 1
        assert not second.calls


@pytest.mark.configured(queues={"*": {"announce_seconds": 2, "callback": "caller_first", "callback_retry_seconds": 1}})
@pytest.mark.settings(qualify_seconds="1")
async def test_a_callback_over_the_next_one(center: Center) -> None:
    async with center.caller(CUSTOMER) as caller:
        call = await center.queue_up(caller)
        await center.wait_prompt(caller, "queue-callback-offer", 20)
        await caller.press("1")
        await caller.wait_ended()
    async with (
        Provider(HERE, center.sip_port, answer_after=0.1, reject=503) as first,
        Provider(THERE, center.sip_port, answer_after=0.2, hang_up_after=4.0) as second,
    ):
        await center.cc("trunk", "add", "gone", f"host={NOBODY}", "port=9")
        await center.wait_until(lambda: state_of(center, "gone"), lambda state: state == "unreachable")
        await add(center, "first", first)
        await add(center, "second", second)
        async with center.agent("1004", answer_after=0.2):
            await center.wait_fact("CallbackEnded", 30, call=call, outcome="answered")
        assert [one.number for one in first.calls] == [CUSTOMER]
        assert [one.number for one in second.calls] == [CUSTOMER]


@pytest.mark.settings(qualify_seconds="1")
async def test_a_wrong_password_is_seen_and_put_right(center: Center) -> None:
    async with Provider(HERE, center.sip_port, {USER: PASSWORD}) as provider:
        await add_account(center, provider, password="mistyped")
        await center.wait_until(lambda: state_of(center, "telecom"), lambda state: state == "rejected")
        assert provider.refused
        (alarm,) = await center.read("alarm", "list")
        assert (alarm["name"], "mistyped" in str(alarm)) == ("trunk_not_registered", False)
        await center.cc("trunk", "set", "telecom", f"password={PASSWORD}")
        await provider.wait_registered(USER, 5)
        await center.wait_until(lambda: state_of(center, "telecom"), lambda state: state == "registered")
    await center.wait_until(lambda: reachable(center, "telecom"), lambda found: found is False)


async def reachable(center: Center, name: str) -> bool:
    return (await center.read("trunk", "show", name))["reachable"]


async def test_a_trial_call(center: Center) -> None:
    async with Provider(HERE, center.sip_port, answer_after=0.7, late=0.012, round_trip=0.06) as provider:
        await add(center, "telecom", provider)
        made = await center.read("trunk", "test", "telecom", "--to", CUSTOMER)
        (call,) = provider.calls
        await call.wait_ended()
        assert (made["answered"], made["cause"], call.number) == (True, "", CUSTOMER)
        assert made["ringing_ms"] < 500
        assert 700 <= made["answer_ms"] < 1500
        assert made["loss_percent"] == 0
        assert made["packets_received"] == pytest.approx(made["packets_sent"], abs=5)
        assert 480 <= made["packets_received"] <= 520
        assert made["jitter_ms"] == pytest.approx(12, abs=5)
        assert made["round_trip_ms"] == pytest.approx(60, abs=25)
        assert made["mos"] > 4
        await call.media.wait_hears(425)


async def test_a_trial_call_that_loses_every_fifth_packet(center: Center) -> None:
    async with Provider(HERE, center.sip_port, answer_after=0.1, drop=5) as provider:
        await add(center, "telecom", provider)
        made = await center.read("trunk", "test", "telecom", "--to", CUSTOMER, "--seconds", "5")
        assert made["loss_percent"] == pytest.approx(20, abs=1)
        assert 1.5 < made["mos"] < 3


async def test_trial_calls_that_fail(center: Center) -> None:
    async with Provider(HERE, center.sip_port, answer_after=0.1, reject=486) as provider:
        await add(center, "telecom", provider)
        await center.cc("trunk", "add", "in-only", f"addresses={THERE}")
        made = await center.read("trunk", "test", "telecom", "--to", CUSTOMER)
        assert (made["answered"], made["cause"], made["mos"]) == (False, "user busy (Q.850 17, SIP 486)", None)
        for words, problem in (
            (("nowhere", "--to", "1"), "there is no trunk nowhere. See: contactcenter trunk list"),
            (("telecom", "--to", "1;2"), "'1;2' can't be dialed. Use digits, with + for another country."),
            (("in-only", "--to", "10086"), "trunk in-only has no host, so no call can go out over it. Say host=..."),
        ):
            with pytest.raises(CommandFailed) as refused:
                await center.cc("trunk", "test", *words)
            assert refused.value.output.splitlines() == [f"contactcenter: {problem}"]
