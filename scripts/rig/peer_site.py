"""The site of `scripts/bench peer`: one Asterisk that serves our hotline and, under another number, app_queue.

Both queues have the same agents' phones, the same order of asking (round robin, rrmemory), no wrap-up, the same ring
time, and all that app_queue can be told to be quick: autofill, and a retry of one second (0 would mean its default, 5).
Prompts are 20 ms of silence in both, so that handling is measured and not talking; the flow leads straight to the queue.
"""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

from rig.center import Center

if TYPE_CHECKING:
    from pathlib import Path

OURS = "4001234567"
APP_QUEUE = "4009999999"
FIRST_AGENT = 1001
FIRST_CALLER = 13900000001
RING_SECONDS = 20
VOICE_PORTS = (12000, 17999)  # the rig's own blocks are too small for a hundred conversations
STANDARD_COMPANY = 2  # of the sample data: its service is paid for
SILENCE_FRAMES = 160  # 20 ms at 8 kHz

FLOW = """\
start: opening-hours
nodes:
  opening-hours:
    type: hours
    open: welcome
    closed: closed
  closed:
    type: hangup
  welcome:
    type: play
    prompt: welcome
    next: who
  who:
    type: identify
    known: service
    unknown: service
  service:
    type: service
    otherwise: to-the-queue
  to-the-queue:
    type: route
"""
ROUTES = ("*",)
"""Every rule leads to the same queue."""
EXTENSION = f"""\
exten => {APP_QUEUE},1,Answer()
 same => n,Queue(bench)
 same => n,Hangup()
"""
QUEUE = f"""\
[bench]
strategy = rrmemory
autofill = yes
ringinuse = no
timeout = {RING_SECONDS}
retry = 1
wrapuptime = 0
memberdelay = 0
joinempty = yes
leavewhenempty = no
announce-frequency = 0
announce-position = no
announce-holdtime = no
periodic-announce-frequency = 0
"""


async def make_site(folder: Path, *, agents: int, callers: int) -> Center:
    """A site that is not up yet, with phones 1001 and up, and a contact for each of the callers' numbers."""
    first, last = VOICE_PORTS
    center = Center(folder, settings={"rtp_first": str(first), "rtp_last": str(last)})
    await center.create()
    numbers = agent_numbers(agents)
    _silence(center.folder / "sounds")
    await center.configure(
        agents={n: {"name": n, "sip_password": f"pw{n}"} for n in numbers},
        queues={
            "*": {
                "wrap_up_seconds": 0,
                "sticky_hours": 0,
                "ring_seconds": RING_SECONDS,
                "record": False,
                "members": {},
            },
            "support": {"strategy": "round_robin", "members": dict.fromkeys(numbers, 1)},
        },
        flows={"main": {"text": FLOW}},
        routes={name: {"when": {}, "queue": "support", "priority": 5} for name in ROUTES},
    )
    custom = center.folder / "asterisk" / "custom"
    custom.mkdir(parents=True, exist_ok=True)
    (custom / "trunk.conf").write_text(EXTENSION, encoding="utf-8")
    members = "".join(f"member => PJSIP/{number}\n" for number in numbers)
    (custom / "queues.conf").write_text(QUEUE + members, encoding="utf-8")
    center.write("update agents set logged_in = 1", *contacts(callers))
    return center


def agent_numbers(count: int) -> list[str]:
    return [str(FIRST_AGENT + index) for index in range(count)]


def caller_numbers(count: int) -> list[str]:
    return [str(FIRST_CALLER + index) for index in range(count)]


def _silence(sounds: Path) -> None:
    """Every prompt but the music becomes 20 ms of silence."""
    for file in sounds.rglob("*.wav"):
        if "moh" not in file.parts:
            with wave.open(str(file), "wb") as out:
                out.setparams((1, 2, 8000, 0, "NONE", ""))
                out.writeframes(bytes(2 * SILENCE_FRAMES))


def contacts(count: int) -> list[str]:
    """SQL: so many contacts of a company with a paid service, one for each of `caller_numbers`."""
    series = f"with recursive n(i) as (select 0 union all select i + 1 from n where i < {count - 1}) "
    return [
        f"insert into contacts (id, company_id, name, mail, wechat, notes) {series} select 1000 + i, {STANDARD_COMPANY}, 'C' || i, '', '', '' from n",
        f"insert into contact_numbers (number, contact_id, position) {series} select '+86' || ({FIRST_CALLER} + i), 1000 + i, 0 from n",
    ]
