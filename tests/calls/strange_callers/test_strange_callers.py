"""Whatever a trunk sends as the caller: the call is taken, and the text arrives as plain text, in the store and everywhere."""

from rig.center import Center

CRLF = b'"A\r\nX-Injected: 1" <sip:13800000009@127.0.0.1>'
LONG = "1" * 60

STRANGE: dict[str, tuple[dict, str, str]] = {
    # name: (what the caller is, E.164, name shown)
    "anonymous": ({"from_header": "Anonymous <sip:anonymous@anonymous.invalid>"}, "", "Anonymous"),
    "missing number": ({"from_header": "<sip:127.0.0.1>"}, "", ""),
    "too long": ({"number": LONG}, "", ""),
    "quotes and commas": ({"number": "13800000009", "display_name": 'a"b,c;d'}, "+8613800000009", 'a"b,c;d'),
    "chinese": ({"number": "13800000009", "display_name": "王先生"}, "+8613800000009", "王先生"),
    "dialplan": ({"number": "13800000009", "display_name": "${SHELL(id)}"}, "+8613800000009", "${SHELL(id)}"),
    "letters": ({"number": "abc%27--"}, "", ""),
}


async def test_strange_callers(center: Center) -> None:
    for number, (name, (what, caller_number, shown)) in enumerate(STRANGE.items(), 1):
        async with center.caller(**what) as caller:
            await caller.dial()
            await caller.wait_answered()
            arrived = (await center.wait_until(lambda: arrivals(center), lambda a, n=number: len(a) == n))[-1]
            await caller.media.wait_for_audio()
            await caller.hang_up()
        assert (arrived["caller"], arrived["caller_name"]) == (caller_number, shown), name
        assert len(arrived["raw_caller"]) <= 40, name
        assert (await center.wait_call(number))["outcome"] == "abandoned", name


async def test_line_break_in_display_name(center: Center) -> None:
    """Not a SIP header any more: Asterisk may refuse it, but nothing of it may reach our files as a line of its own."""
    async with center.caller(from_header=CRLF) as caller:
        try:
            await caller.dial()
            await caller.wait_answered(3)
            await caller.hang_up()
        except (RuntimeError, TimeoutError):
            pass
    assert all("\n" not in str(value) for fact in center.facts() for value in fact.values())


async def arrivals(center: Center) -> list[dict]:
    return center.facts("CallArrived")
