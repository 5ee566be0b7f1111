"""What a call was on its way to is taken out by an admin while it is under way."""

import asyncio
from dataclasses import replace

from flows import use_flows, use_rules
from journeys import HAPPY, STANDARD, ending

from contactcenter import events as e
from contactcenter.changes import Author
from contactcenter.configuration.models import Configuration
from contactcenter.ids import QueueName
from contactcenter.simulator.center import SimulatedCenter

ADMIN = Author("wang", "command line on host7", "apply center.yaml")


def renamed(now: Configuration) -> Configuration:
    """Support is called help from now on."""
    queues = {name: queue for name, queue in now.queues.items() if name != "support"}
    queues[QueueName("help")] = replace(now.queues[QueueName("support")], name=QueueName("help"))
    routes = {
        name: rule.model_copy(update={"queue": "help"}) if rule.queue == "support" else rule
        for name, rule in now.routes.items()
    }
    return replace(now, queues=queues, routes=routes)


async def test_a_queue_that_is_renamed_while_a_caller_hears_the_menu(sim: SimulatedCenter) -> None:
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(STANDARD, phone=phone))
        while "menu-main" not in "".join(phone.heard):
            await asyncio.sleep(0.1)
        await sim.center.change(renamed, ADMIN)
    assert phone.ended_by == "fallback", "a person answers, though not one of that queue"
    (alarm,) = [f for f in sim.facts if isinstance(f, e.AlarmRaised)]
    assert (alarm.name, alarm.detail) == ("queue_removed", "the queue support was removed")


async def test_an_agent_whom_a_rule_names_and_who_is_gone(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: route}\n")
    use_rules(sim, {"name": "x", "queue": "vip", "first": ["9999"]})
    phone = await sim.call(STANDARD, HAPPY)
    assert ending(sim, phone) == ("answered", "")
