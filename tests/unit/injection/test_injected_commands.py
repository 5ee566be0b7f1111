"""From the command line: whatever is typed as a name, a title or a value is stored and shown as that text, or refused with a clear
word; never a traceback, and never anything outside of the site.
"""

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from command_line import run
from injection import NASTY, encodable, unseen

from contactcenter.configuration.kinds import KINDS
from contactcenter.errors import BadInput

WORDS: dict[str, tuple[str, ...]] = {
    "flow file": ("flow", "publish", "{}"),
    "flow shown": ("flow", "show", "{}"),
    "flow compared": ("flow", "diff", "main", "{}"),
    "flow tried": ("flow", "try", "--hotline", "{}", "--caller", "{}", "--keys", "{}"),
    "prompt name": ("prompt", "set", "{}", "/nowhere.wav"),
    "prompt file": ("prompt", "set", "welcome", "{}"),
    "company": ("customer", "show", "{}"),
    "call": ("call", "show", "{}"),
    "alarm": ("alarm", "list", "{}"),
    "changes": ("audit", "list", "--of", "{}"),
    "setting": ("site", "set", "{}=1"),
    "value": ("site", "set", "sip.trunk_contact={}", "--dry-run"),
    "member": ("queue", "member", "vip", "{}"),
    "import": ("customer", "import", "{}"),
    "export": ("export", "{}/x.yaml"),
    "moment": ("calendar", "check", "always", "--at", "{}"),
}
"""What is typed; {} stands for the string."""


def typed(site: Path, *words: str, nasty: str) -> Result:
    nasty = nasty.replace("\0", "")  # which ends a word for every system: no program is ever given it
    return run(*(word.replace("{}", nasty) for word in words), site=site)


def well_behaved(result: Result) -> None:
    """Done, or refused with words; what was said can be shown."""
    assert result.exit_code in {0, 1, 2}, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    assert unseen(result.stdout) == []
    if result.exit_code == 1:
        assert result.stderr.startswith("contactcenter: ")
        assert unseen(result.stderr) == []


@pytest.mark.parametrize("what", list(WORDS))
def test_as_a_word(site: Path, what: str, nasty: str) -> None:
    well_behaved(typed(site, *WORDS[what], nasty=nasty))


@pytest.mark.parametrize("kind", list(KINDS))
def test_as_the_name_of_a_thing(kind: str, nasty: str) -> None:
    """Names go into files, addresses and Asterisk: of these strings, only a rule may be named as some."""
    values = {"agent": {"name": "x"}, "trunk": {"host": "192.0.2.1"}, "flow": {"text": "x"}}.get(kind, {})
    with pytest.raises(BadInput) as refused:
        KINDS[kind].read(nasty, values)
    assert kind == "route" or "that can't be its" in str(refused.value)


SECRETS = {"agent": "sip_password", "trunk": "password"}


@pytest.mark.parametrize("kind", list(SECRETS))
def test_as_a_password(kind: str, nasty: str) -> None:
    """It stands in Asterisk's files as it is, so that it may hold nothing that means something there; no refusal shows it."""
    values = {"agent": {"name": "x"}, "trunk": {"host": "192.0.2.1"}}[kind]
    words = {**values, SECRETS[kind]: nasty}
    if re.fullmatch(r"[\x21-\x3a\x3c-\x7e]{0,64}", nasty):
        KINDS[kind].read("1001", words)
        return
    with pytest.raises(BadInput) as refused:
        KINDS[kind].read("1001", words)
    assert len(nasty) < 4 or nasty not in str(refused.value)


@pytest.mark.parametrize(("kind", "field", "first"), [("agent", "name", 7700), ("hotline", "title", 4007770000)])
def test_as_titles(tmp_path: Path, kind: str, field: str, first: int) -> None:
    """Stored as they are, or refused; listed as they are."""
    site = tmp_path / "center"
    assert run("init", site).exit_code == 0
    stored: dict[str, str] = {}
    for number, nasty in enumerate(NASTY.values(), first):
        result = typed(site, kind, "add", str(number), f"{field}={{}}", nasty=nasty)
        well_behaved(result)
        if result.exit_code == 0:
            stored[str(number)] = nasty.replace("\0", "")
    assert len(stored) > len(NASTY) / 2
    listed = run(kind, "list", "--json", site=site)
    well_behaved(listed)
    assert {row["number"]: row[field] for row in json.loads(listed.stdout) if row["number"] in stored} == stored
    for words in ((kind, "list"), ("audit", "list"), ("agent", "list"), ("audit", "list", "--json")):
        well_behaved(run(*words, site=site))


@pytest.mark.parametrize("name", ["customers.csv", "center.yaml", "flow.yaml"])
def test_in_a_file(site: Path, tmp_path: Path, name: str, nasty: str) -> None:
    """A file of somebody else's, wherever in it the string stands."""
    if not encodable(nasty):
        return
    commands = {
        "customers.csv": ("customer", "import", "{}", "--dry-run"),
        "center.yaml": ("diff", "{}"),
        "flow.yaml": ("flow", "check", "{}"),
    }
    quoted = json.dumps(nasty)
    texts = {
        "customers.csv": [f"{nasty},b\n1,2\n", f"name,level\n{nasty},{nasty}\n"],
        "center.yaml": [
            nasty,
            f"{quoted}: {{}}\n",
            f"agents: {{{quoted}: {{name: {quoted}}}}}\n",
            f"routes: [{quoted}]\n",
        ],
        "flow.yaml": [
            nasty,
            f"start: {quoted}\nnodes: {{{quoted}: {{type: {quoted}}}}}\n",
            f"start: a\nnodes: {{a: {{type: play, prompt: {quoted}, next: {quoted}}}}}\n",
            f"start: {quoted}\nnodes: {{{quoted}: {{type: hangup, prompt: goodbye}}}}\n",
        ],
    }
    file = tmp_path / name
    for text in texts[name]:
        file.write_text(text, encoding="utf-8", newline="")
        well_behaved(run(*(word.format(file) for word in commands[name]), site=site))
        if name == "flow.yaml":
            well_behaved(run("flow", "show", file, site=site))
