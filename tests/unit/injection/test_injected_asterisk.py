"""To Asterisk: what is written to AMI, AGI and its files is one value in one line, or is refused before a byte is written."""

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from injection import encodable

from contactcenter.acd.ports import Shown
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.errors import UnsafeValue
from contactcenter.asterisk.lines import caller_id
from contactcenter.asterisk.render import PHONES, render_some
from contactcenter.asterisk.translate import arrival
from contactcenter.asterisk.wire import AmiMessage, PendingAction, command_line
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.models import Agent, Configuration, Trunk
from contactcenter.ids import AgentNumber
from contactcenter.site import Site

SECRETS = Secrets(ami_secret="a", api_token="b", trunk_password="c")


def is_one_line(text: str) -> bool:
    return encodable(text) and not re.search("[\r\n\0]", text)


async def test_a_value_of_an_action(nasty: str) -> None:
    if not is_one_line(nasty):
        for fields in ({"Variable": nasty}, {"Variable": ["a", nasty]}, {nasty: "x"}):
            with pytest.raises(UnsafeValue):
                PendingAction("Setvar", fields)
        return
    sent = str(PendingAction("Setvar", {"Variable": nasty, "Value": nasty}))
    assert sent.endswith("\r\n\r\n")
    read = AmiMessage.parse(sent.removesuffix("\r\n\r\n").encode())
    assert (read["action"], read["variable"], read["value"]) == ("Setvar", nasty, nasty)
    assert len(read) == 4  # these, and ActionID


async def test_the_name_of_an_action(nasty: str) -> None:
    if not is_one_line(nasty):
        with pytest.raises(UnsafeValue):
            PendingAction(nasty, {})


def as_asterisk_splits(line: str) -> list[str]:
    """parse_args of res_agi.c: words between spaces or tabs, quotes around, a backslash before what stands for itself."""
    words: list[str] = []
    word, quoted, inside, escaped = "", False, False, False
    for character in line:
        if escaped:
            word, inside, escaped = word + character, True, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, inside = not quoted, True
        elif character in " \t" and not quoted:
            if inside:
                words.append(word)
            word, inside = "", False
        else:
            word, inside = word + character, True
    return [*words, word] if inside else words


def test_a_word_of_a_command(nasty: str) -> None:
    if not is_one_line(nasty) or len(nasty.encode()) > 7900:
        with pytest.raises(UnsafeValue):
            command_line(["SET VARIABLE", "X", nasty])
        return
    line = command_line(["SET VARIABLE", "X", nasty, "last"])
    assert as_asterisk_splits(line) == ["SET", "VARIABLE", "X", nasty, "last"]


async def test_a_name_on_an_agents_phone(nasty: str) -> None:
    """The caller's name goes with the call that rings the agent: quoted, one line, never another address."""
    shown = Shown(number="+8613800000001", name=nasty)
    value = caller_id(shown)
    PendingAction("Originate", {"CallerID": value})
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*" <\+8613800000001>', value)


def test_a_number_on_an_agents_phone(nasty: str) -> None:
    assert re.fullmatch(r'"x" <[0-9+]*>', caller_id(Shown(number=nasty, name="x")))


def test_a_caller(nasty: str) -> None:
    """As FastAGI tells of it. The text is kept as it is, but for what nobody sees."""
    env = {"agi_callerid": nasty, "agi_calleridname": nasty, "agi_arg_1": "4001234567", "agi_arg_3": nasty}
    came = arrival(env, "CN", frozenset({"1001"}), {})
    for text in (came.raw_caller, came.caller_name):
        assert text.isprintable()
        assert len(text) <= 40
    assert re.fullmatch(r"(\+[0-9]{4,15})?", came.caller)


def sections(text: str) -> list[tuple[str, list[str]]]:
    """Sections of a file of Asterisk's with the names of their settings, as its parser sees them."""
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        words = re.sub(r"(?<!\\);.*", "", line).strip()
        if words.startswith(("[", "#")):
            found.append((words, []))
        elif words:
            found[-1][1].append(words.partition("=")[0].strip())
    return found


def rendered(folder: Path, name: str) -> str:
    (folder / "asterisk").mkdir(exist_ok=True)
    agents = {AgentNumber("1001"): Agent(AgentNumber("1001"), name, "secret")}
    trunks = {"t": Trunk("t", "registration", host="sip.example.com", username="u", password="p", title=name)}
    render_some(
        PHONES, Site(folder), Settings(name=name), SECRETS, Configuration(agents=agents, trunks=trunks), flows={}
    )
    return (folder / "asterisk" / "pjsip.conf").read_text(encoding="utf-8", errors="surrogatepass")


def test_a_name_in_asterisks_files(tmp_path: Path, nasty: str) -> None:
    """Also one that no check would have let in: the file has the same sections and settings as with any name."""
    assert sections(rendered(tmp_path, nasty)) == sections(rendered(tmp_path, "Li Na"))


async def test_an_answer_of_agi(nasty: str) -> None:
    """What comes back over FastAGI is one value, however it looks."""
    if "\nHANGUP" in nasty:
        return  # which is Asterisk's own word, and alone on its line
    written: list[bytes] = []
    transport = SimpleNamespace(write=written.append, is_closing=lambda: False)
    session = AgiSession({"agi_request": "x", "agi_network_script": nasty}, transport)  # type: ignore[arg-type]
    asking = asyncio.ensure_future(session.command("GET VARIABLE", "X", timeout=1))
    await asyncio.sleep(0)
    for line in f"200 result=1 ({nasty})".split("\n"):
        session.take(line)
    assert written == [b"GET VARIABLE X\n"]
    assert (await asking).data == nasty
