"""Every prompt that code or dialplan plays is shipped, with its text, in both languages."""

import ast
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from contactcenter.asterisk.features import FEATURES
from contactcenter.events import ServiceState
from contactcenter.ivr.loader import parse_flow
from contactcenter.ivr.nodes.collect import Collect
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.ivr.nodes.survey import Survey
from contactcenter.ivr.saying import SPEAKERS, vocabulary
from contactcenter.serving import APOLOGIES

ROOT = Path(__file__).parents[2]
PLAYERS = {"play", "ask_key", "ask_digits", "_say"}
COLLECTED = {"complaint", "greeting", "prompt", "prompts"}
"""Variables whose content is played later."""


def words(node: ast.AST) -> Iterator[str]:
    """The strings in an expression that may be its value; f"service-{service}" as service-*."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from words(body)
            yield from words(orelse)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from words(part)
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in parts)


def said_at(node: ast.AST) -> Iterator[str]:
    """The prompts that one node of the code plays, or puts aside to be played."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in PLAYERS:
            parts: list[ast.expr] = node.args
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")) if name in COLLECTED:
            parts = node.args
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in COLLECTED:
            parts = [value]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in COLLECTED:
            parts = [value]
        case ast.FunctionDef(name=name) if name.endswith("_prompts"):
            parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value]
        case _:
            parts = []
    for part in parts:
        yield from words(part)


def played_by_code() -> set[str]:
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "contactcenter").rglob("*.py"))
    return {word for tree in trees for node in ast.walk(tree) for word in said_at(node)} - {""}


def played_by_dialplan() -> set[str]:
    text = (ROOT / "asterisk-conf" / "extensions.conf.j2").read_text(encoding="utf-8")
    return {name for names in re.findall(r"(?:Playback|Background)\(([^,)]+)", text) for name in names.split("&")}


def played_by_flows() -> set[str]:
    """What the shipped flows play, and what nodes play that are given nothing but what they need."""
    flows = [
        parse_flow(file).flow for file in (ROOT / "dialplans").glob("*.yaml") if "nodes:" in file.read_text("utf-8")
    ]
    nodes = [node for flow in flows for node in flow.nodes.values()]
    nodes += [
        Menu(type="menu", prompt="welcome", keys={"1": "a"}, failed="a"),
        Collect(type="collect", prompt="welcome", into="a", next="a", failed="a"),
        Survey(type="survey", next="a"),
    ]
    return {prompt for node in nodes for language in ("zh", "en") for prompt in node.prompts(language)}


def in_use() -> set[str]:
    used = played_by_code() | played_by_dialplan() | {prompt for _, prompt in FEATURES.values()}
    used |= {prompt for prompt, _ in APOLOGIES.values()}
    used |= played_by_flows()
    used |= {"agent-unknown", "agent-refused"}  # asterisk/features.py plays them through a variable
    if "service-*" in used:
        used = used - {"service-*"} | {
            f"service-{state}" for state in typing.get_args(ServiceState) if state != "active"
        }
    return used


def test_the_search_finds_each_way_of_playing() -> None:
    assert in_use() >= {
        "queue-timeout",  # a literal
        "queue-position-after",  # after a starred item of a list
        "queue-callback-offer",  # added to a list
        "queue-estimate-under-a-minute",  # returned in a list
        "welcome-back",  # one of two, in a variable
        "queue-full",  # in a table of pairs
        "callback-confirmed",  # after an await
        "welcome",  # in a shipped flow
        "service-code-wrong",  # a default of a node
        "service-expiring",  # put together
        "enter-service-code",  # asked
        "survey-ask",
        "agent-paused",  # in a table
        "wrong-key",  # a default
        "fallback",  # in the dialplan
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_prompt_in_use_has_its_text(language: str) -> None:
    texts = yaml.safe_load((ROOT / "sounds" / language / "prompts.yaml").read_text(encoding="utf-8"))
    assert in_use() - texts.keys() == set()
    assert all(isinstance(text, str) and text.strip() for text in texts.values())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_prompt_in_use_has_its_sound(language: str) -> None:
    folder = ROOT / "sounds" / language
    assert {prompt for prompt in in_use() if not (folder / f"{prompt}.wav").is_file()} == set()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(SPEAKERS))
def test_every_word_of_what_can_be_said_has_its_sound(language: str, kind: str) -> None:
    folder = ROOT / "sounds" / language
    assert [word for word in vocabulary(kind, language) if not (folder / f"{word}.wav").is_file()] == []
