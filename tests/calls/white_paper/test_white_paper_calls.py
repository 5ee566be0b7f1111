"""The five rules of the dealer's white paper, put in force by commands while the site is up, each shown by a real call."""

import pytest

from rig.center import Center

VIP, STANDARD, EXPIRED, STRANGER = "13800000001", "13800000002", "13800000004", "13800000099"
MENU_1_1 = (("main-menu", "1"), ("product-menu", "1"))
MENU_0 = (("main-menu", "0"),)


async def in_force(center: Center) -> None:
    """What the file says at its top."""
    for name in ("operator", "finance"):
        await center.cc("queue", "add", name, "wrap_up_seconds=0")
    await center.cc("queue", "member", "operator", "1006")
    await center.cc("queue", "member", "finance", "1003")
    await center.cc("apply", str(center.folder / "dialplans" / "white-paper.yaml"), "--yes")


async def call_through(
    center: Center, number: str, agent: str, keys: tuple[tuple[str, str], ...] = (), codes: int = 0
) -> dict[str, object]:
    """A call that this agent answers; keys: at which node which key; codes: how many wrong service codes are keyed in first."""
    before = len(await center.read("call", "list"))
    async with center.agent(agent, answer_after=0.2, tone=600) as phone, center.caller(number) as caller:
        await center.wait_state(agent, "ready")
        await caller.dial()
        arrived = await center.wait_until(lambda: arrivals(center), lambda calls: len(calls) > before)
        call = arrived[before]["call"]
        for attempt in range(1, codes + 1):
            await center.wait_prompt(caller, "enter-service-code", 20)
            await caller.press("9#")
            await center.wait_fact("ServiceCodeTried", call=call, attempt=attempt)
        for node, key in keys:
            await center.wait_fact("NodeEntered", call=call, node=node)
            await caller.press(key)
        await caller.media.wait_hears(600, 40)
        await phone.hang_up()
        await center.wait_fact("TalkEnded", call=call)
        await caller.hang_up()
        await center.wait_fact("CallEnded", call=call)
    record = await center.wait_call(before + 1)
    return next(row for row in await center.read("call", "list") if row["id"] == record["id"])


async def arrivals(center: Center) -> list[dict]:
    return center.facts("CallArrived")


def routed(center: Center, call: object) -> tuple[str, str]:
    (fact,) = center.facts("CallRouted", call=call)
    return fact["rule"], fact["queue"]


async def test_vip_to_dedicated_agents_first(center: Center) -> None:
    await in_force(center)
    async with center.agent("1005", answer_after=None) as other, center.agent("1001", answer_after=None):
        await center.wait_state("1005", "ready")
        call = await call_through(center, VIP, "1004", MENU_0)
        assert not other.calls
    assert routed(center, call["id"]) == ("VIP to dedicated agents first", "vip")
    assert call["agent"] == "1004"


async def test_expired_to_renewals_with_a_prompt(center: Center) -> None:
    await in_force(center)
    call = await call_through(center, EXPIRED, "1006")
    assert routed(center, call["id"]) == ("expired to renewals", "renewals")
    assert (call["agent"], call["service"]) == ("1006", "expired")


async def test_unknown_after_three_wrong_codes_to_the_operator(center: Center) -> None:
    await in_force(center)
    call = await call_through(center, STRANGER, "1006", codes=3)
    assert routed(center, call["id"]) == ("unknown after three wrong codes to the operator", "operator")
    assert len(center.facts("ServiceCodeTried", call=call["id"])) == 3


async def test_product_a_to_group_a_by_menu(center: Center) -> None:
    await in_force(center)
    call = await call_through(center, STANDARD, "1003", MENU_1_1)
    assert routed(center, call["id"]) == ("product A to group A by menu", "finance")


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0, "sticky_hours": 0}})
async def test_an_open_ticket_to_its_owner(center: Center) -> None:
    """1003 opened the ticket in the queue finance; the same customer's next call is asked of 1003, who is no member of support's
    first line, before 1001, who is free.
    """
    await in_force(center)
    await center.cc("queue", "member", "support", "1003", "--level", "9")
    first = await call_through(center, STANDARD, "1003", MENU_1_1)
    async with center.agent("1001", answer_after=None) as other:
        await center.wait_state("1001", "ready")
        second = await call_through(center, STANDARD, "1003", MENU_0)
        assert not other.calls
    assert routed(center, second["id"]) == ("open ticket to its owner", "support")
    assert (second["agent"], second["ticket"]) == ("1003", first["ticket"])
    lines = await center.read("call", "explain", str(second["id"]))
    assert any("open ticket to its owner" in line["text"] and "matched" in line["text"] for line in lines)
