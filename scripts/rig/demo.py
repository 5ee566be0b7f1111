"""The main job, shown: a site with sample data, real agents' phones, four real calls, and what became of each."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from rig import sound
from rig.center import Center, CommandFailed
from rig.ports import LOOPBACK
from rig.pyvoip_phone import PyVoipPhone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rig.caller import Caller

FOLDER = Path(__file__).parents[2] / "demo-site"
AGENT_HZ = {"1001": 500, "1004": 700, "1006": 900}
TALK_SECONDS = 3.0

console = Console(highlight=False, markup=False, soft_wrap=True)


@dataclass
class Story:
    """One call: what should come of it, and what was seen."""

    title: str
    number: str
    caller_hz: int
    expected: dict[str, Any]
    call: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def agent(self) -> str:
        return self.expected["agent"]


VIP = Story(
    "a known VIP: 1 then 1 in the menus, rates 5", "13800000001", 1100,
    {"company": "北京华远商贸有限公司", "service": "active", "queue": "vip", "agent": "1004", "outcome": "answered", "rating": 5},
)  # fmt: skip
CODE = Story(
    "an unknown number: keys service code 100005, 0 in the menu, rates 4", "13911112222", 1300,
    {"company": "成都锦里食品有限公司", "service": "active", "queue": "support", "agent": "1001", "outcome": "answered", "rating": 4},
)  # fmt: skip
WAITER = Story(
    "a customer who hangs up while waiting", "13800000002", 0,
    {"company": "上海明德科技有限公司", "service": "active", "queue": "support", "agent": "", "outcome": "abandoned", "rating": None},
)  # fmt: skip
EXPIRED = Story(
    "a company whose service has expired: to renewals, rates 3", "13800000004", 1700,
    {"company": "深圳新锐电子有限公司", "service": "expired", "queue": "renewals", "agent": "1006", "outcome": "answered", "rating": 3},
)  # fmt: skip
STORIES = (VIP, CODE, WAITER, EXPIRED)


class Demo:
    """Places the calls on a center that is up, with one phone for each of three agents."""

    def __init__(self, center: Center, never_answers: str | None) -> None:
        self.center = center
        self.never_answers = never_answers
        self.phones: dict[str, PyVoipPhone] = {}

    async def run(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            with console.status("agents' phones register: " + ", ".join(AGENT_HZ)):
                for number, hz in AGENT_HZ.items():
                    answer_after = None if number == self.never_answers else 0.5
                    phone = PyVoipPhone(
                        number,
                        self.center.password(number),
                        LOOPBACK,
                        self.center.sip_port,
                        tone_hz=hz,
                        answer_after=answer_after,
                    )
                    self.phones[number] = await stack.enter_async_context(phone)
                    await self.center.wait_state(number, "ready")
            await self.tell(VIP, self.vip)
            await asyncio.gather(self.tell(CODE, self.code), self.tell(WAITER, self.waiter))
            await self.tell(EXPIRED, self.expired)

    async def tell(self, story: Story, act: Callable[[Story, Caller], Awaitable[None]]) -> None:
        """One story from dialing to the end of the call; what goes wrong is noted, and the others go on."""
        console.print(f"calling: {story.title}")
        try:
            async with self.center.caller(story.number) as caller:
                await act(story, caller)
                ended = await self.center.wait_fact("CallEnded", 60, call=story.call)
                if ended["outcome"] == "answered":
                    await self.center.wait_fact("RecordingSaved", call=story.call)
        except (TimeoutError, RuntimeError) as error:
            story.problems.append((str(error) or repr(error)).splitlines()[0])
            if story.agent:
                told = [event["event"] for event in self.phones[story.agent].events]
                story.problems.append(f"the phone of agent {story.agent} told: {', '.join(told)}")

    async def dial(self, story: Story, caller: Caller) -> None:
        await caller.dial()
        await caller.wait_answered()
        arrived = await self.center.wait_fact("CallArrived", raw_caller=story.number)
        story.call = arrived["call"]

    async def press_at(self, story: Story, caller: Caller, node: str, key: str) -> None:
        await self.center.wait_fact("NodeEntered", call=story.call, node=node)
        await caller.press(key)

    async def talk_and_rate(self, story: Story, caller: Caller, rating: str) -> None:
        """Both speak until each has heard the other; the agent hangs up; the caller rates."""
        phone = self.phones[story.agent]
        await self.center.wait_fact("CallAnswered", 30, call=story.call)
        caller.media.start_tone(story.caller_hz)
        await caller.media.wait_hears(AGENT_HZ[story.agent])
        await phone.wait_hears(story.caller_hz)
        if story is CODE:
            await self.center.wait_fact("CallAbandoned", 40, call=WAITER.call)
        else:
            await asyncio.sleep(TALK_SECONDS)
        phone.hang_up()
        caller.media.stop()
        await self.center.wait_fact("TalkEnded", call=story.call)
        await caller.press(rating)
        await caller.wait_ended(15)

    async def vip(self, story: Story, caller: Caller) -> None:
        await self.dial(story, caller)
        await self.press_at(story, caller, "main-menu", "1")
        await self.press_at(story, caller, "product-menu", "1")
        await self.talk_and_rate(story, caller, "5")

    async def code(self, story: Story, caller: Caller) -> None:
        await self.dial(story, caller)
        await self.center.wait_prompt(caller, "enter-service-code")
        await caller.press("100005#")
        await self.press_at(story, caller, "main-menu", "0")
        await self.talk_and_rate(story, caller, "4")

    async def waiter(self, story: Story, caller: Caller) -> None:
        """Calls while the only agent of the queue talks to somebody else."""
        await self.center.wait_fact("CallAnswered", 60, agent="1001")
        await self.dial(story, caller)
        await self.press_at(story, caller, "main-menu", "0")
        await self.center.wait_fact("CallQueued", call=story.call)
        await self.center.wait_prompt(caller, "queue-connecting")
        await caller.media.wait_for_audio(since=time.monotonic())
        await caller.hang_up()

    async def expired(self, story: Story, caller: Caller) -> None:
        await self.dial(story, caller)
        await self.center.wait_prompt(caller, "service-expired")
        await self.talk_and_rate(story, caller, "3")


async def report(center: Center, story: Story) -> None:
    """Prints what became of a call, and adds to its problems what is not as it should be."""
    console.rule(story.title, align="left")
    if not story.call:
        console.print("the call never arrived")
        return
    call = await center.read("call", "show", story.call)
    console.print((await center.cc("call", "show", story.call)).rstrip())
    console.print("\nwhy it went where it went")
    console.print((await center.cc("call", "explain", story.call)).rstrip())
    for key, wanted in story.expected.items():
        if call[key] != wanted:
            story.problems.append(f"{key} is {call[key]!r}, should be {wanted!r}")
    if call["ticket"]:
        ticket = await center.read("ticket", "show", str(call["ticket"]))
        console.print(
            f"\nticket {ticket['number']}, {ticket['status']}, for agent {ticket['assignee']}: {ticket['title']}"
        )
    if call["rating"]:
        console.print(f"rating {call['rating']} of 5")
    if story.expected["outcome"] == "answered":
        check_recording(center, story, call["recording"])


def check_recording(center: Center, story: Story, path: str) -> None:
    if not path:
        story.problems.append("there is no recording")
        return
    pcm, rate = sound.read_wav(center.folder / "recordings" / path)
    voices = {
        "caller": sound.seconds_heard(pcm[:, 0], story.caller_hz),
        "agent": sound.seconds_heard(pcm[:, 1], AGENT_HZ[story.agent]),
    }
    heard = ", ".join(f"the {who}'s voice for {seconds:.1f} s" for who, seconds in voices.items())
    console.print(f"recording {path}: {len(pcm) / rate:.1f} s in stereo, {heard}")
    story.problems += [f"the recording lacks the {who}'s voice" for who, seconds in voices.items() if seconds < 1]


def how_to_dial_in(center: Center) -> str:
    where = "this machine's address" if center.bind == "0.0.0.0" else center.bind
    return f"""
The center is up. Register your own softphones and try it (SIP over UDP, {where}, port {center.sip_port}):

  as agent   user 1002, password {center.password("1002")}   (sound: PCMU or PCMA)
  as caller  user 1003, password {center.password("1003")}   then dial 4001234567, key the service code
             100001# (VIP), 100002# (standard), 100003# (expiring) or 100004# (expired), and choose by key
  on any agent's phone: *41 log in, *42 log out, *43 pause, *44 resume

  .venv/bin/contactcenter --site {center.folder} status      (also: call list, ticket list, agent list, doctor)

Ctrl-C ends it."""


async def main() -> int:
    options = arguments()
    center = Center(options.folder, bind=options.bind or (LOOPBACK if options.once else "0.0.0.0"))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    work = asyncio.create_task(show(center, options.never_answers))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait([work])
            return 130
        if (code := work.result()) != 0 or options.once:
            return code
        console.print(how_to_dial_in(center))
        await stopped
    except CommandFailed as error:
        console.print(error.output.strip())
        return 1
    finally:
        stopped.cancel()
        with console.status("ending Asterisk and the controller"):
            await center.down()
    return 0


async def show(center: Center, never_answers: str | None) -> int:
    """Everything up to the verdict: 0 when every call went as it should, else 1."""
    with console.status(f"making a site with sample data in {center.folder}"):
        shutil.rmtree(center.folder, ignore_errors=True)
        await center.create()
    with console.status("starting Asterisk and the controller"):
        await center.up()
    console.print(f"{center.folder} is up: SIP {center.sip_port}, HTTP {center.http_port}")
    await Demo(center, never_answers).run()
    for story in STORIES:
        await report(center, story)
    console.rule()
    for story in STORIES:
        console.print(
            f"{'FAIL' if story.problems else 'ok  '}  {story.title}", *(f"\n      {p}" for p in story.problems)
        )
    return 1 if any(story.problems for story in STORIES) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Makes a sample site, starts it, and places real calls."
    )
    parser.add_argument(
        "--once", action="store_true", help="end by itself: 0 when every call went as it should, else 1"
    )
    parser.add_argument("--bind", metavar="ADDRESS", help="address for SIP; default all, with --once loopback")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the site folder; made anew each time")
    parser.add_argument(
        "--never-answers", metavar="AGENT", choices=AGENT_HZ, help="break it: this agent's phone never answers"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
