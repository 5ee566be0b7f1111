"""Changes by words: put in, changed, moved and taken out; refused with one clear line."""

from datetime import date

import pytest

from contactcenter.configuration.editing import added, changed, words_of
from contactcenter.configuration.kinds import AGENT, HOTLINE, QUEUE, TRUNK
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.plain import read_rows
from contactcenter.configuration.routes import added as route_added
from contactcenter.configuration.routes import conditions, edited, moved, rule_of
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber
from contactcenter.sample import sample_rows


@pytest.fixture
def now() -> Configuration:
    rows = sample_rows(date(2026, 11, 24), "Asia/Shanghai", lambda: "secret")["configuration"]
    return read_rows((row["kind"], row["key"], row["data"]) for row in rows)


def test_an_agent_of_words(now: Configuration) -> None:
    after = added(now, AGENT, "1007", {"name": "孙丽", "skills": "english, tax"})
    agent = after.agents[AgentNumber("1007")]
    assert (agent.name, agent.skills, len(agent.sip_password)) == ("孙丽", ("english", "tax"), 24)
    assert changed(after, AGENT, "1007", {"skills": ""}).agents[AgentNumber("1007")].skills == ()
    assert changed(after, AGENT, "1007", {"name": "x"}).agents[AgentNumber("1007")].sip_password == agent.sip_password


def test_no_agent_is_without_a_password(now: Configuration) -> None:
    """Whoever can reach the SIP port could be that agent."""
    renewed = changed(now, AGENT, "1001", {"sip_password": ""}).agents[AgentNumber("1001")].sip_password
    assert (len(renewed), renewed != now.agents[AgentNumber("1001")].sip_password) == (24, True)


@pytest.mark.parametrize(
    ("kind", "key", "words", "line"),
    [
        (AGENT, "1001", {"name": "x"}, "agent 1001 is there already. Change it: contactcenter agent set 1001 ..."),
        (AGENT, "10a", {"name": "x"}, "agent '10a': that can't be its number. Use 2 to 10 digits, such as 1001."),
        (AGENT, "1008", {}, "agent 1008: name is missing. Say name=..."),
        (QUEUE, "a b", {}, "queue 'a b': that can't be its name. Use letters, digits and hyphens, such as support, at most 40."),
        (AGENT, "1008", {"name": "a\nb"}, r"agent 1008: name is 'a\nb'. String should match pattern '^[^\x00-\x1f\x7f]*$'."),
        (HOTLINE, "400", {"langage": "en"}, "hotline 400: there is no setting langage. Did you mean language?"),
        (HOTLINE, "400;x", {}, "hotline '400;x': that can't be its number. Use the number as the trunk sends it, such as 4001234567."),
        (TRUNK, "t", {"host": "a b"}, "trunk t: host is 'a b'. String should match pattern '^([A-Za-z0-9][A-Za-z0-9.:-]{0,99})?$'."),
        (QUEUE, "tax", {"members": "1001"}, "queue tax: members are agents with their levels, such as {1001: 1, 1002: 2}; or say: contactcenter queue member tax 1001"),
        (QUEUE, "tax", {"callback": "both"}, "queue tax: callback is 'both'. Input should be 'off', 'agent_first' or 'caller_first'."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_can_not_be_added(now: Configuration, kind: object, key: str, words: dict[str, str], line: str) -> None:
    with pytest.raises(BadInput) as no:
        added(now, kind, key, words)  # type: ignore[arg-type]
    assert str(no.value) == line


def test_what_is_not_there_can_not_be_changed(now: Configuration) -> None:
    with pytest.raises(NotFound, match=r"^there is no queue tax. See: contactcenter queue list$"):
        changed(now, QUEUE, "tax", {"title": "x"})


def test_words_are_settings_and_each_stands_once() -> None:
    assert words_of(("a=1", "b=x=y", "c="), "abc") == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(BadInput, match=r"^'a' is no setting. Write SETTING=VALUE, with one of: a, b$"):
        words_of(("a",), "ab")
    with pytest.raises(BadInput, match=r"^a stands there twice"):
        words_of(("a=1", "a=2"), "ab")


def test_a_rule_in_one_line() -> None:
    rule = rule_of(
        "VIP", {"level": "vip,super_vip", "open": "no", "menu.main-menu": "1,2", "queue": "vip", "priority": "8"}
    )
    assert conditions(rule) == "open=no level=vip,super_vip menu.main-menu=1,2"
    assert (rule.queue, rule.priority) == ("vip", 8)
    after = rule_of("VIP", {"open": "", "menu.main-menu": "", "first": "ticket_owner,1004", "flow": "other"}, rule)
    assert conditions(after) == "level=vip,super_vip"
    assert (after.queue, after.flow, after.first) == (None, "other", ("ticket_owner", "1004"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"level": "gold", "queue": "vip"}, "route x: when.level.0 is 'gold'. Input should be 'standard', 'vip' or 'super_vip'."),
        ({"menu": "1", "queue": "vip"}, "route x: there is no menu. Use abandons, "),
        ({"lvel": "vip", "queue": "vip"}, "route x: there is no lvel. Use abandons, "),
        ({"level": "vip"}, "route x: a rule leads to a queue or to a flow, and to one of them only."),
        ({"queue": "vip", "priority": "11"}, "route x: priority is '11'. Input should be less than or equal to 10."),
        ({"queue": "vip", "first": "boss"}, "route x: first.0"),
        ({"queue": "vip", "package": "a\nb"}, r"route x: when.package.0 is 'a\nb'."),
        ({"queue": "vip", "values.a": 201 * "x"}, "route x: when.values.a.0 is "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_rule(words: dict[str, str], line: str) -> None:
    with pytest.raises(BadInput) as no:
        rule_of("x", words)
    assert str(no.value).startswith(line)


def test_rules_have_places(now: Configuration) -> None:
    names = [*now.routes]
    assert [*route_added(now, "x", {"queue": "vip"}, 2).routes] == [names[0], "x", *names[1:]]
    assert [*route_added(now, "x", {"queue": "vip"}, None).routes] == [*names, "x"]
    assert [*moved(now, names[3], 1).routes] == [names[3], *names[:3]]
    assert [*edited(now, names[1], {"priority": "1"}).routes] == names
    with pytest.raises(BadInput, match=r"there is no place 9. Use 1 to 4"):
        moved(now, names[0], 9)
    with pytest.raises(BadInput, match=r"is there already"):
        route_added(now, names[0], {"queue": "vip"}, None)
