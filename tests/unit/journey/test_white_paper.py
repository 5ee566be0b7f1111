"""The five rules of the dealer's white paper, as dialplans/white-paper.yaml has them, each shown by a call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from journeys import EXPIRED, HAPPY, STANDARD, STRANGER, VIP, fact

from contactcenter import events as e
from contactcenter.configuration.document import read_document
from contactcenter.ids import QueueName
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter, simulated_center

FILE = Path(__file__).parents[3] / "dialplans" / "white-paper.yaml"
SURVEY = {"survey-ask": ("5",)}


@pytest.fixture
async def paper() -> AsyncIterator[SimulatedCenter]:
    async with simulated_center() as sim:
        now = sim.center.configuration
        support = now.queues[QueueName("support")]
        more = {QueueName(name): replace(support, name=QueueName(name)) for name in ("operator", "finance")}
        queues = {**now.queues, **more}
        sim.center.configuration = read_document(FILE, replace(now, queues=queues))
        sim.configure()
        yield sim


def test_each_rule_is_one_line() -> None:
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("  ")]
    assert len(lines) == 6
    assert all(": {" in line and line.endswith("}") for line in lines)


@pytest.mark.parametrize(
    ("caller", "keys", "queue", "rule"),
    [
        (VIP, {"menu-main": ("0",)}, "vip", "VIP to dedicated agents first"),
        (EXPIRED, {}, "renewals", "expired to renewals"),
        (
            STRANGER,
            {"enter-service-code": ("1#", "2#", "3#")},
            "operator",
            "unknown after three wrong codes to the operator",
        ),
        (STANDARD, {"menu-main": ("1",), "menu-product": ("1",)}, "finance", "product A to group A by menu"),
        (STANDARD, {"menu-main": ("1",), "menu-product": ("2",)}, "support", "everybody else"),
    ],
)
async def test_who_goes_where(paper: SimulatedCenter, caller: str, keys: dict, queue: str, rule: str) -> None:
    phone = await paper.call(caller, CallerScript({**keys, **SURVEY}))
    routed = fact(paper, phone, e.CallRouted)
    assert (routed.queue, routed.rule) == (queue, rule)
    assert ("renewals-offer" in phone.heard) is (queue == "renewals")
    if queue == "vip":
        offer = fact(paper, phone, e.CallOffered)
        assert (offer.agent, offer.why) == ("1004", "sticky")


async def test_the_owner_of_an_open_ticket_is_asked_first(paper: SimulatedCenter) -> None:
    """The first call opens a ticket with whoever answers; the second goes to them, whatever is chosen in the menu."""
    first = await paper.call(VIP, HAPPY)
    owner = fact(paper, first, e.TicketOpened).assignee
    assert owner == "1004"
    await asyncio.sleep(60)  # the wrap-up
    second = await paper.call(VIP, CallerScript({"menu-main": ("1",), "menu-product": ("2",), **SURVEY}))
    routed = fact(paper, second, e.CallRouted)
    assert (routed.queue, routed.rule) == ("support", "open ticket to its owner")
    assert (routed.case["open_ticket"], routed.case["ticket_owner"]) == (True, "1004")
    assert fact(paper, second, e.CallAnswered).agent == owner
