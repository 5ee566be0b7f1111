"""A caller whose number and name are each string that has broken programs like this one, over real SIP: the call is taken or refused,
and what is written down, logged and shown is plain text.
"""

import asyncio
import contextlib
import csv
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from injection import MARK, NASTY, unseen

from contactcenter.asterisk.translate import plain_text
from rig.center import Center
from rig.leg import CallEndedError

AT_ONCE, PATIENCE = 8, 8.0
SHOWN = ("escape sequence", "right to left", "markup", "separators")
"""Those of which the command line is asked: each takes a second."""
BREAKS_SIP = ("\r", "\n", "\0")
"""No header holds them; a number can, as %0D."""
CHANGED_BY_SIP = {"byte order mark", "half a character", "no character", "long"}
"""Of these Asterisk may keep less, or something else."""


async def test_nasty_callers(center: Center) -> None:
    free = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, number: str) -> tuple[str, str]:
        async with free:
            return name, await called(center, number, NASTY[name])

    numbers = [f"139{place:04}" for place in range(len(NASTY))]
    calls = await asyncio.gather(*(one(name, number) for name, number in zip(NASTY, numbers, strict=True)))
    taken = {name: call for name, call in calls if call}
    assert NASTY.keys() - taken.keys() == set()
    broken = {name for name, nasty in NASTY.items() if any(c in nasty for c in BREAKS_SIP)}
    wanted = NASTY.keys() - broken - CHANGED_BY_SIP
    facts = {fact["call"]: fact for fact in center.facts("CallArrived")}
    for name, call in taken.items():
        for field in ("caller_name", "raw_caller", "caller", "hotline"):
            assert unseen(facts[call][field]) == [], (name, field)
            assert "\n" not in facts[call][field], (name, field)
            assert len(facts[call][field]) <= 40, (name, field)
        if name in wanted:
            assert facts[call]["caller_name"] == plain_text(NASTY[name]), name
    for words in (("call", "list"), ("call", "list", "--json"), ("alarm", "list"), ("status",), ("audit", "list")):
        assert unseen(await center.cc(*words)) == []
    for name in SHOWN:
        call = taken[name]
        assert unseen(await center.cc("call", "show", call) + await center.cc("call", "explain", call)) == []
    assert not Path(MARK).exists()
    check_files(center, len(facts))
    await center.wait_until(lambda: calls_under_way(center), lambda number: number == 0)


FORGED = "agi_uniqueid: 9.9\nagi_channel: PJSIP/1001-1\nagi_arg_1: 4009999999\nagi_arg_3: other"


@pytest.mark.parametrize(
    "number", [f"13912340001\n{FORGED}", f"13912340001\n{FORGED}\n\n200 result=1\nHANGUP", f"\r\n{FORGED}"]
)
async def test_a_number_that_holds_lines_of_agi(center: Center, number: str) -> None:
    """Asterisk decodes %0A in a number, and FastAGI sends numbers as lines: they must not be taken for Asterisk's own."""
    async with center.caller(
        from_header=f'"x" <sip:{quote(number, safe="")}@127.0.0.1>', hotline="4001234567"
    ) as caller:
        await caller.dial()
        await caller.wait_answered()
        arrived = await center.wait_fact("CallArrived")
        await center.wait_fact("HoursChecked")
        await caller.hang_up()
    assert re.fullmatch(r"[0-9]{10}\.[0-9]+", arrived["call"])
    assert (arrived["hotline"], arrived["trunk"], arrived["caller_name"]) == ("4001234567", "", "x")
    assert (await center.wait_call())["outcome"] == "abandoned"


async def test_a_dialed_number_that_holds_lines_of_agi(center: Center) -> None:
    async with center.caller(hotline=quote(f"4001234567\n{FORGED}", safe="")) as caller:
        await caller.dial()
        arrived = await center.wait_fact("CallArrived")
        await caller.wait_ended()
    assert re.fullmatch(r"[0-9]{10}\.[0-9]+", arrived["call"])
    assert re.fullmatch(r"4001234567[0-9+]*", arrived["hotline"])
    assert arrived["trunk"] == ""


async def called(center: Center, number: str, nasty: str) -> str:
    """The id of the call from somebody of that name, and with the string after their number; "" when it was refused."""
    name = "x" if any(c in nasty for c in BREAKS_SIP) else nasty
    shown = name.encode(errors="surrogatepass").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    user = number + quote(nasty.encode(errors="surrogatepass")[:200], safe="")
    async with center.caller(from_header=b'"%b" <sip:%b@127.0.0.1>' % (shown[:1000], user.encode())) as caller:
        with contextlib.suppress(CallEndedError, RuntimeError, TimeoutError):
            await caller.dial()
            await caller.wait_answered(PATIENCE)
            arrived = await center.wait_until(lambda: arrivals(center, number), bool)
            await caller.hang_up()
            return str(arrived[0]["call"])
    return ""


async def arrivals(center: Center, number: str) -> list[dict]:
    return [fact for fact in center.facts("CallArrived") if fact["raw_caller"].startswith(number)]


async def calls_under_way(center: Center) -> int:
    return int((await center.read("status"))["calls"])


def check_files(center: Center, calls: int) -> None:
    """No line of a log, and no row of the call records, is one that a caller wrote."""
    log = center.folder / "log"
    lines = (log / "controller.out").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(line.startswith(("20", "  ")) and unseen(line) == [] for line in lines)
    assert all(line.split("|")[0].isdecimal() for line in (log / "queue_log").read_text(encoding="utf-8").splitlines())
    with (log / "cdr-csv" / "Master.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == calls
    assert {row[2] for row in rows} == {"s"}  # the extension: nobody was dialed elsewhere
