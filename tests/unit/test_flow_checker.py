"""What the checker proves beyond a single file's form: languages, keys, things of the site, other flows, variables."""

from pathlib import Path
from typing import Any

import pytest

from contactcenter.errors import FileProblems
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flow, load_flows

PROMPTS = {"zh": {"welcome", "menu", "wrong-key", "no-key"}, "en": {"welcome", "menu", "wrong-key", "no-key"}}
SITE: dict[str, Any] = {
    "queues": {"support", "vip"},
    "calendars": {"always"},
    "agents": {"1001"},
    "flows": {},
}
MENU = """\
start: ask
nodes:
  ask:
    type: menu
    prompt: menu
    keys:
      "1": end
      "0": end
    failed: end
  end: {type: done}
"""


def problems(text: str, known: Known) -> list[tuple[int | None, str, str]]:
    with pytest.raises(FileProblems) as error:
        load_flow(Path("main.yaml"), known, text)
    return [(problem.line, problem.problem, problem.fix) for problem in error.value.problems]


def test_a_stored_text_goes_by_the_name_of_a_file() -> None:
    loaded = load_flow(Path("night.yaml"), Known(PROMPTS), MENU, 7)
    assert (loaded.name, loaded.version) == ("night", 7)
    with pytest.raises(FileProblems, match=r"^night.yaml:3: prompt menu does not exist in zh"):
        load_flow(Path("night.yaml"), Known({"zh": {"wrong-key", "no-key"}}), MENU)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("end: {type: queue, queue: suport}", (10, "there is no queue suport", "Did you mean support?")),
        ("end: {type: callback, queue: x}", (10, "there is no queue x", "Use one of: support, vip")),
        (
            "end: {type: hours, calendar: never, open: end2, closed: end2}\n  end2: {type: done}",
            (10, "there is no calendar never", "Use one of: always"),
        ),
        (
            "end: {type: queue, queue: vip, first: [ticket_owner, '1009']}",
            (10, "there is no agent 1009", "Did you mean 1001?"),
        ),
        (
            "end: {type: subflow, flow: nigth, next: end2}\n  end2: {type: done}",
            (10, "there is no flow nigth", "Use one of: (there are none)"),
        ),
        (
            'end: {type: say, say: digits, value: "{acount}", next: end2}\n  end2: {type: done}',
            (10, "node end uses the variable acount, which nothing sets", "Did you mean account?"),
        ),
    ],
)
def test_things_that_do_not_exist(line: str, found: tuple[int, str, str]) -> None:
    digits = {f"digits/{word}" for word in (*range(10), "star", "pound")}
    prompts = {language: there | digits for language, there in PROMPTS.items()}
    text = MENU.replace("end: {type: done}", line)
    if "acount" in line:
        text = text.replace('"0": end', '"0": set').replace("failed: end", "failed: set")
        text += "  set: {type: set, values: {account: a}, next: end}\n"
    assert problems(text, Known(prompts, **SITE)) == [found]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"zh": {"menu": "查询请按一，人工请按零"}}, []),
        (
            {"zh": {"menu": "查询请按一，投诉请按九，人工请按零"}},
            [
                (
                    6,
                    "prompt menu speaks of key 9 in zh, which menu ask does not handle",
                    'Add a line "9": ... under keys, or change the prompt.',
                )
            ],
        ),
        (
            {"zh": {"menu": "查询请按一，人工请按零"}, "en": {"menu": "For questions, press one."}},
            [
                (
                    8,
                    "menu ask handles key 0, which prompt menu does not speak of in en",
                    'Speak of it in the prompt, or write unspoken: ["0"] into the menu.',
                )
            ],
        ),
    ],
)
def test_every_key_spoken_is_handled_and_every_key_handled_is_spoken(texts: dict, found: list) -> None:
    known = Known(PROMPTS, texts=texts)
    if found:
        assert problems(MENU, known) == found
        return
    load_flow(Path("main.yaml"), known, MENU)


def test_a_key_may_be_left_out_on_purpose() -> None:
    known = Known(PROMPTS, texts={"zh": {"menu": "查询请按一"}})
    load_flow(Path("main.yaml"), known, MENU.replace("    failed:", '    unspoken: ["0"]\n    failed:'))


TWO_LANGUAGES = """\
start: ask
nodes:
  ask: {type: menu, prompt: menu, keys: {"1": zh, "2": en}, failed: zh}
  zh: {type: play, prompt: only-zh, next: end}
  en: {type: language, language: en, next: english}
  english: {type: play, prompt: only-en, next: end}
  end: {type: done}
"""


def test_a_prompt_has_to_exist_in_the_languages_that_callers_have_there() -> None:
    prompts = {"zh": PROMPTS["zh"] | {"only-zh"}, "en": {"only-en"}}
    load_flow(Path("main.yaml"), Known(prompts, languages={"zh"}), TWO_LANGUAGES)
    assert [line for line, *_ in problems(TWO_LANGUAGES, Known(prompts, languages={"zh", "en"}))] == [3, 3, 3, 4]
    assert [
        what for _, what, _ in problems(TWO_LANGUAGES.replace("only-en", "only-zh"), Known(prompts, languages={"zh"}))
    ] == ["prompt only-zh does not exist in en"]


def load_many(known: Known, **texts: str) -> dict[str, Flow]:
    return load_flows([(Path(f"{name}.yaml"), f"start: a\nnodes:\n{text}", 0) for name, text in texts.items()], known)


def test_a_subflow_is_checked_in_the_languages_it_is_entered_in() -> None:
    main = "  a: {type: language, language: en, next: b}\n  b: {type: subflow, flow: sub, next: c}\n  c: {type: done}\n"
    sub = "  a: {type: play, prompt: only-en, next: b}\n  b: {type: return}\n"
    known = Known({"zh": {"welcome"}, "en": {"only-en"}}, flows={}, languages={"zh"}, starts={"main": {"zh"}})
    assert load_many(known, main=main, sub=sub).keys() == {"main", "sub"}
    with pytest.raises(FileProblems, match=r"sub.yaml:3: prompt only-en does not exist in zh"):
        load_many(known, main=main.replace("language: en", "language: zh"), sub=sub)


def test_a_language_that_a_subflow_chose_holds_after_it() -> None:
    main = "  a: {type: subflow, flow: sub, next: b}\n  b: {type: hangup, prompt: only-zh}\n"
    sub = "  a: {type: language, language: en, next: b}\n  b: {type: return}\n"
    known = Known({"zh": {"only-zh"}, "en": set()}, flows={}, languages={"zh"}, starts={"main": {"zh"}})
    with pytest.raises(FileProblems, match=r"^main.yaml:4: prompt only-zh does not exist in en"):
        load_many(known, main=main, sub=sub)


def test_subflows_that_enter_each_other() -> None:
    one = "  a: {{type: subflow, flow: {0}, next: b}}\n  b: {{type: done}}\n"
    known = Known(PROMPTS, flows={})
    with pytest.raises(FileProblems) as error:
        load_many(known, x=one.format("y"), y=one.format("z"), z=one.format("x"))
    assert [problem.problem for problem in error.value.problems] == [
        "these subflows enter each other: x -> y -> z -> x",
        "these subflows enter each other: y -> z -> x -> y",
        "these subflows enter each other: z -> x -> y -> z",
    ]
    with pytest.raises(FileProblems, match="these subflows enter each other: x -> x"):
        load_many(known, x=one.format("x"))


@pytest.mark.parametrize(
    ("node", "what"),
    [
        ("{type: service, active: end}", "node it: nothing is said of expiring, expired, none; add otherwise"),
        ("{type: say, say: date, value: tomorrow, next: end}", "node it: 'tomorrow' can't be spoken as date"),
        ("{type: collect, prompt: menu, into: x, least: 5, most: 4, next: end, failed: end}", "node it: least is 5"),
        ("{type: set, values: {caller: '1'}, next: end}", "values: caller belongs to the call and can't be set"),
        ("{type: set, values: {Big: '1'}, next: end}", "values.Big is 'Big'"),
        ("{type: http, url: 'ftp://x/', next: end, failed: end}", "url: it has to begin with http:// or https://"),
        ("{type: http, url: 'https://{caller}/', next: end, failed: end}", "url: it has to begin with"),
        ("{type: http, url: 'https://a@b/', next: end, failed: end}", "url: it has to begin with"),
        ("{type: http, url: 'https://a.b{caller}/', next: end, failed: end}", "url: it has to begin with"),
        ("{type: http, url: 'https://a/{Caller}', next: end, failed: end}", "url: there is a { that belongs to no"),
        ("{type: http, url: 'https://a/ b', next: end, failed: end}", "url: there may be no spaces"),
        ("{type: http, url: 'https://a/', seconds: 11, next: end, failed: end}", "seconds is 11"),
        ("{type: http, url: 'https://a/', headers: {X: \"a\\nb\"}, next: end, failed: end}", "headers.X is"),
        ("{type: transfer, to: '12; rm'}", "to is '12; rm'"),
        ("{type: play, prompt: [], next: end}", "prompt: name at least one prompt"),
        ("{type: play, prompt: {a: b}, next: end}", "prompt"),
        ("{type: queue, queue: vip, first: [somebody]}", "first.0"),
        ("{type: queue, queue: vip, priority: high}", "priority is 'high'"),
        ("{type: language, language: fr, next: end}", "language is 'fr'"),
    ],
)
def test_nodes_with_one_thing_wrong(node: str, what: str) -> None:
    text = f"start: it\nnodes:\n  it: {node}\n  end: {{type: done}}\n"
    found = problems(text, Known(PROMPTS, **SITE))
    assert len(found) == 1, found
    line, problem, fix = found[0]
    assert line == 3
    assert problem.startswith(what)
    assert fix
    assert "\n" not in problem + fix
