"""Nobody starves: the bound of acd/line.py, over floods and over whatever comes."""

import itertools

from desk import Desk, offers, queue
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.settings import DistributionSettings

TALK, BETWEEN = 60, 20


def test_a_standard_call_in_a_flood_of_vips_is_served_after_those_of_the_bound_and_no_others() -> None:
    """One agent, talks of a minute, and a VIP (10) each 20 s, three times what the agent can serve, for ever. A standard call (0)
    that came before the first of them is served after the 59 who came less than ageing_seconds x 10 = 1200 s later, and
    before all others: an hour after it came. Without ageing it never would be, as two VIPs more wait after each talk.
    """
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0, max_wait_seconds=0.0))
    desk.enters("first", priority=10)
    desk.enters("standard", priority=0)
    entered, talking, served = desk.now, "first", []
    desk.answers("first", "1001")
    for second in itertools.count(BETWEEN, BETWEEN):
        desk.clock.advance(BETWEEN)
        desk.enters(f"vip {second}", priority=10)
        if second % TALK == 0:
            ((following, _),) = offers(desk.over(talking, "1001"))
            desk.answers(following, "1001")
            talking = following
            served.append(following)
            if following == "standard":
                break
        assert second < 3 * 3600, "starved"
    before = [int(call.removeprefix("vip ")) for call in served[:-1]]
    assert before == list(range(BETWEEN, 1200, BETWEEN))
    assert (desk.now - entered).total_seconds() == TALK * (1 + len(before))


arrivals = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 10), st.sampled_from(["one", "two"])), min_size=2)


@given(some=arrivals, ageing=st.sampled_from([0.0, 1.0, 30.0, 120.0]), turns=st.lists(st.booleans(), max_size=40))
def test_no_call_is_served_after_one_that_came_later_than_its_priority_is_worth(
    some: list[tuple[int, int, str]], ageing: float, turns: list[bool]
) -> None:
    """Of any two calls that the same agents may take: who comes more than ageing_seconds x (difference of priority) after the
    other is not served before it; and of equal priority, nobody who comes later is.
    """
    members = ("1001", "1002")
    desk = Desk(
        *(queue(name, *members, wrap_up_seconds=0.0, max_wait_seconds=0.0) for name in ("one", "two")),
        site=DistributionSettings(ageing_seconds=ageing),
    )
    came: dict[str, tuple[float, int]] = {}
    served: dict[str, int] = {}
    talking: dict[str, str] = {}
    start = desk.now

    def take(commands: list) -> None:
        for call, agent in offers(commands):
            served[call] = len(served)
            desk.answers(call, agent)
            talking[agent] = call

    def free_one() -> None:
        if talking:
            agent = min(talking)
            take(desk.over(talking.pop(agent), agent))

    frees = itertools.chain(turns, itertools.repeat(False))
    for number, (after, priority, name) in enumerate(some):
        desk.clock.advance(after)
        call = f"{number:03}"
        came[call] = (desk.now - start).total_seconds(), priority
        waiting_before = [place.call for place in desk.engine.waiting]
        take(desk.enters(call, name, priority))
        assert not (call in served and waiting_before), "overtook everybody"
        if next(frees):
            free_one()
    while talking:
        free_one()
    assert set(served) == set(came)
    for earlier, later in itertools.combinations(came, 2):
        worth = ageing * (came[later][1] - came[earlier][1])
        if came[later][0] - came[earlier][0] > worth or worth <= 0:
            assert served[earlier] < served[later]
