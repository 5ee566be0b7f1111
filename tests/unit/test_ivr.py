"""Flows and routes that an admin wrote wrong: each is refused with its file, its line, and what to write."""

from pathlib import Path

import pytest

from contactcenter.errors import FileProblems
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flow, load_rules
from contactcenter.ivr.nodes import NODES
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.routing.rules import Rule

ROOT = Path(__file__).parents[2]
PROMPTS = {"zh": {"welcome", "wrong-key", "no-key"}, "en": {"welcome", "wrong-key", "no-key"}}
QUEUES = ("support", "vip", "renewals")
MENU = """\
start: main
nodes:
  main:
    type: menu
    prompt: welcome
    keys:
      "1": bye
    failed: bye
  bye:
    type: hangup
"""


def flow(folder: Path, text: str | bytes) -> Flow:
    file = folder / "main.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_flow(file, Known(PROMPTS))


def rules(folder: Path, text: str) -> tuple[Rule, ...]:
    file = folder / "routes.yaml"
    file.write_text(text, encoding="utf-8")
    return load_rules(file, QUEUES)


def refused(folder: Path, text: str | bytes, name: str = "main.yaml") -> list[tuple[int | None, str, str]]:
    """Line, problem and fix of each problem; all of them name the file."""
    with pytest.raises(FileProblems) as error:
        flow(folder, text) if name == "main.yaml" else rules(folder, str(text))
    problems = error.value.problems
    assert {problem.file for problem in problems} == {folder / name}
    assert str(error.value).splitlines() == [str(problem) for problem in problems]
    for problem in problems:
        place = f"{folder / name}:{problem.line}" if problem.line else f"{folder / name}"
        assert str(problem) == f"{place}: {problem.problem}. {problem.fix}"
    return [(problem.line, problem.problem, problem.fix) for problem in problems]


def test_a_flow_that_is_right(tmp_path: Path) -> None:
    loaded = flow(tmp_path, MENU)
    assert (loaded.name, loaded.start, list(loaded.nodes)) == ("main", "main", ["main", "bye"])
    assert isinstance(loaded.nodes["main"], Menu)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert flow(tmp_path, MENU.encode("utf-8-sig")).start == "main"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ("    failed: bye\n", "    failed: bye\n    fialed: bye\n"),
            (9, "unknown key fialed", "Did you mean failed?"),
        ),
        (
            ("    failed: bye\n", "    failed: bye\n    zzz: 1\n"),
            (
                9,
                "unknown key zzz",
                "Use a key of: type, prompt, keys, failed, seconds, tries, wrong_key, no_key, unspoken",
            ),
        ),
        (("start: main\n", "start: main\nnods: 1\n"), (2, "unknown key nods", "Did you mean nodes?")),
        (("    failed: bye\n", ""), (3, "node main lacks failed", "Add a line failed: ...")),
        (("type: menu", "type: mneu"), (4, "there is no node type mneu", "Did you mean menu?")),
        (
            ("type: menu", "type: speech-to-text"),
            (4, "there is no node type speech-to-text", "Use a type of: " + ", ".join(NODES)),
        ),
        (
            ("type: menu", "type: [menu]"),
            (4, "there is no node type ['menu']", "Did you mean menu?"),
        ),
        (("    type: hangup\n", ""), (9, "node bye has no type", "Did you mean done?")),
        (
            ('"1": bye', '"1": product'),
            (3, "node main leads to product, which is no node", "Use one of: main, bye"),
        ),
        (
            ("failed: bye", "failed: nobody"),
            (3, "node main leads to nobody, which is no node", "Use one of: main, bye"),
        ),
        (("start: main", "start: man"), (1, "start names no node (man)", "Use one of: main, bye")),
        (("start: main\n", ""), (1, "start names no node (nothing)", "Use one of: main, bye")),
        (
            ("  bye:\n", "  attic:\n    type: done\n  bye:\n"),
            (9, "node attic is never reached", "Lead a node to it, or take it out."),
        ),
        (
            ("failed: bye", "failed: main"),
            (
                3,
                "this loop has no exit: main -> main",
                "Let it end at a done or hangup node, or go through a key of a menu.",
            ),
        ),
        (
            ('"1": bye', '"12": bye'),
            (7, "keys.12 is '12'", "It must be otherwise: String should match pattern '^[0-9*#]$'."),
        ),
        (
            ('"1": bye', "A: bye"),
            (7, "keys.A is 'A'", "It must be otherwise: String should match pattern '^[0-9*#]$'."),
        ),
        (
            ("    failed: bye\n", "    failed: bye\n    tries: 0\n"),
            (9, "tries is 0", "It must be otherwise: Input should be greater than or equal to 1."),
        ),
        (
            ("    failed: bye\n", "    failed: bye\n    seconds: 0\n"),
            (9, "seconds is 0", "It must be otherwise: Input should be greater than 0."),
        ),
        (
            ("  bye:\n", "  main:\n    type: done\n  bye:\n"),
            (9, "the key main stands here twice", "Keep one of them."),
        ),
        (
            ("  main:\n", "\tmain:\n"),
            (
                3,
                "not YAML: found character '\\t' that cannot start any token",
                "Check the indentation and the quotes.",
            ),
        ),
        (
            ("    prompt: welcome\n", '    prompt: "welcome\n'),
            (
                7,
                "not YAML: expected <block end>, but found '<scalar>'",
                "Check the indentation and the quotes.",
            ),
        ),
        (
            ("start: main", "start: !!python/object/apply:os.system [true]"),
            (
                1,
                "not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
                "Check the indentation and the quotes.",
            ),
        ),
    ],
    ids=lambda value: value[1].strip()[:30] if isinstance(value[0], str) else value[1],
)
def test_one_thing_wrong(tmp_path: Path, change: tuple[str, str], problem: tuple[int, str, str]) -> None:
    assert MENU.count(change[0]) == 1
    assert refused(tmp_path, MENU.replace(*change)) == [problem]


def test_a_loop_through_several_nodes_and_a_failed(tmp_path: Path) -> None:
    text = MENU.replace("failed: bye", "failed: sorry").replace(
        "  bye:\n", "  sorry:\n    type: play\n    prompt: welcome\n    next: main\n  bye:\n"
    )
    assert refused(tmp_path, text) == [
        (
            3,
            "this loop has no exit: main -> sorry -> main",
            "Let it end at a done or hangup node, or go through a key of a menu.",
        )
    ]


def test_a_loop_that_a_key_makes_is_the_callers_own(tmp_path: Path) -> None:
    assert flow(tmp_path, MENU.replace('"1": bye', '"1": bye\n      "*": main')).start == "main"


def test_a_prompt_that_one_language_lacks(tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"
    file.write_text(MENU.replace("prompt: welcome", "prompt: greeting"), encoding="utf-8")
    with pytest.raises(FileProblems) as error:
        load_flow(file, Known({"zh": PROMPTS["zh"] | {"greeting"}, "en": PROMPTS["en"]}))
    assert [(problem.line, problem.problem, problem.fix) for problem in error.value.problems] == [
        (
            3,
            "prompt greeting does not exist in en",
            "Add it: contactcenter prompt set --language en greeting FILE",
        )
    ]


def test_a_prompt_may_not_lead_out_of_the_sounds(tmp_path: Path) -> None:
    found = refused(tmp_path, MENU.replace("prompt: welcome", "prompt: ../../etc/passwd"))
    assert [problem for _, problem, _ in found] == [
        f"prompt ../../etc/passwd does not exist in {language}" for language in ("en", "zh")
    ]


def test_the_prompts_that_a_menu_brings_itself_are_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"
    file.write_text(MENU, encoding="utf-8")
    with pytest.raises(FileProblems) as error:
        load_flow(file, Known({"zh": {"welcome"}}))
    assert [problem.problem for problem in error.value.problems] == [
        "prompt wrong-key does not exist in zh",
        "prompt no-key does not exist in zh",
    ]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = MENU.replace("    failed: bye\n", "    fialed: bye\n").replace("type: hangup", "type: hungup")
    assert [line for line, _, _ in refused(tmp_path, text)] == [3, 8, 10]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (1, "this is not a mapping", "Begin with start:")),
        ("# nothing\n", (1, "this is not a mapping", "Begin with start:")),
        ("- main\n", (1, "this is not a mapping", "Begin with start:")),
        ("main\n", (1, "this is not a mapping", "Begin with start:")),
        ("start: main\n", (None, "there are no nodes", "Write them under nodes:")),
        ("start: main\nnodes:\n", (2, "there are no nodes", "Write them under nodes:")),
        ("start: main\nnodes: [main]\n", (2, "there are no nodes", "Write them under nodes:")),
        ("start: ä\n".encode("latin-1"), (None, "the file is not UTF-8", "Save it as UTF-8.")),
        (MENU.encode("utf-16"), (None, "the file is not UTF-8", "Save it as UTF-8.")),
        (b"#" * 2_000_000, (None, "the file is larger than 1 MB", "Split it.")),
        (
            "".join(f"{' ' * depth}-\n" for depth in range(500)),
            (None, "the values are nested too deeply", "Flatten them."),
        ),
        (
            MENU + "---\n" + MENU,
            (11, "not YAML: but found another document", "Check the indentation and the quotes."),
        ),
    ],
    ids=[
        "empty",
        "comment",
        "list",
        "word",
        "no-nodes",
        "null-nodes",
        "list-nodes",
        "latin-1",
        "utf-16",
        "2 MB",
        "deep",
        "two documents",
    ],
)
def test_a_file_that_is_no_flow(tmp_path: Path, text: str | bytes, problem: tuple[int | None, str, str]) -> None:
    assert refused(tmp_path, text) == [problem]


def test_a_yaml_bomb_is_not_lit(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]" for last, this in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert refused(tmp_path, "\n".join(lines)) == [
        (None, "YAML anchors and aliases are not used here", "Write the value out.")
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as error:
        load_flow(tmp_path / "main.yaml", Known(PROMPTS))
    assert str(error.value) == f"{tmp_path / 'main.yaml'}: the file is missing. Create it, or name another one."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "rules:\n  - name: a\n    queue: suport\n",
            (3, "there is no queue suport", "Use one of: renewals, support, vip"),
        ),
        (
            "rules:\n  - name: a\n    queue: vip\n    priority: 11\n",
            (4, "priority is 11", "It must be otherwise: Input should be less than or equal to 10."),
        ),
        (
            "rules:\n  - name: a\n    queue: vip\n    level: [vip]\n",
            (
                4,
                "unknown key level",
                "Use a key of: name, when, queue, flow, priority, prompt, first, sticky_hours, skills",
            ),
        ),
        (
            "rules:\n  - name: a\n",
            (2, "rule 1: a rule leads to a queue or to a flow, and to one of them only", "Correct it."),
        ),
        (
            "rules:\n  - name: a\n    queue: vip\n    when:\n      level: [gold]\n",
            (
                5,
                "when.level.0 is 'gold'",
                "It must be otherwise: Input should be 'standard', 'vip' or 'super_vip'.",
            ),
        ),
        ("rules: []\n", (None, "there are no rules", "Write at least one under rules:")),
        ("rule: []\n", (1, "unknown key rule", "Did you mean rules?")),
        ("- name: a\n", (1, "this is not a mapping", "Begin with rules:")),
    ],
    ids=["queue", "priority", "key", "missing", "level", "empty", "rule", "list"],
)
def test_routes_with_one_thing_wrong(tmp_path: Path, text: str, problem: tuple[int | None, str, str]) -> None:
    assert refused(tmp_path, text, "routes.yaml") == [problem]


def test_routes_keep_their_order(tmp_path: Path) -> None:
    text = "rules:\n" + "".join(f"  - {{name: r{index}, queue: vip}}\n" for index in range(5))
    assert [rule.name for rule in rules(tmp_path, text)] == ["r0", "r1", "r2", "r3", "r4"]


def shipped(language: str) -> set[str]:
    folder = ROOT / "sounds" / language
    return {str(file.relative_to(folder).with_suffix("")) for file in folder.rglob("*.wav")}


def test_what_is_shipped_loads() -> None:
    prompts = {language: shipped(language) for language in ("zh", "en")}
    loaded = [
        load_flow(file, Known(prompts))
        for file in sorted((ROOT / "dialplans").glob("*.yaml"))
        if file.name not in {"routes.yaml", "white-paper.yaml"}
    ]
    assert "main" in {flow.name for flow in loaded}
    routes = load_rules(ROOT / "dialplans" / "routes.yaml", QUEUES)
    assert {rule.queue for rule in routes} == set(QUEUES)
    nodes = {name for flow in loaded for name in flow.nodes}
    assert {node for rule in routes for node in rule.when.menu or {}} <= nodes
