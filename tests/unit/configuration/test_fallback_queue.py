"""Which queue serves a hotline's callers while no controller does, and what Asterisk is told of it."""

from pathlib import Path
from typing import Any

import pytest

from contactcenter.acd.strategies import STRATEGIES as OURS
from contactcenter.asterisk.render import FALLBACK, STRATEGIES, render_some
from contactcenter.config import Fallback, Secrets, Settings
from contactcenter.configuration.editing import with_thing
from contactcenter.configuration.fallback import fallback_queue
from contactcenter.configuration.kinds import KINDS
from contactcenter.configuration.models import Configuration
from contactcenter.dialplan import check_configuration
from contactcenter.errors import NotFound
from contactcenter.site import Site

SECRETS = Secrets(ami_secret="a", api_token="b", trunk_password="c")
CLOSED = "closed: {type: hangup, prompt: closed}"
THINGS: dict[str, dict[str, dict[str, Any]]] = {
    "calendar": {"always": {"timezone": "Asia/Shanghai", "weekly": [["00:00-24:00"]] * 7}},
    "agent": {"1001": {"name": "a"}, "1002": {"name": "b"}},
    "queue": {
        "empty": {},
        "support": {"strategy": "broadcast", "members": {"1001": 1, "1002": 3}, "ring_seconds": 7.4},
        "vip": {"members": {"1002": 1}, "record": False, "wrap_up_seconds": 12},
        "sales": {},
    },
    "flow": {
        "rules": {
            "text": "start: open\nnodes:\n  open: {type: hours, open: who, closed: closed}\n  who: {type: route}\n  "
            + CLOSED
        },
        "outer": {
            "text": "start: in\nnodes:\n  in: {type: subflow, flow: inner, next: closed}\n  " + CLOSED,
        },
        "inner": {"text": "start: to-vip\nnodes:\n  to-vip: {type: queue, queue: vip}\n"},
        "nowhere": {"text": "start: closed\nnodes:\n  " + CLOSED},
    },
    "route": {
        "vip": {"when": {"level": ["vip"]}, "queue": "vip"},
        "second line": {"when": {"hotline": ["402"]}, "queue": "sales"},
        "everybody else": {"queue": "support"},
    },
    "hotline": {
        "401": {"flow": "rules"},
        "402": {"flow": "rules"},
        "403": {"flow": "outer"},
        "404": {"flow": "nowhere"},
        "405": {"flow": "rules", "fallback": "vip"},
    },
}


def configuration(**changed: dict[str, dict[str, Any]]) -> Configuration:
    now = Configuration()
    for name, kind in KINDS.items():
        for key, plain in {**THINGS.get(name, {}), **changed.get(name, {})}.items():
            now = with_thing(now, kind, key, kind.read(key, plain))
    return now


@pytest.mark.parametrize(
    ("hotline", "queue"),
    [
        pytest.param("401", "support", id="the rule for everybody, not the first"),
        pytest.param("402", "sales", id="the rule for everybody who calls this number"),
        pytest.param("403", "vip", id="a queue of the flow, also of a subflow"),
        pytest.param("404", "support", id="nowhere: the first queue that has members"),
        pytest.param("405", "vip", id="what the admin says"),
    ],
)
def test_the_queue_of_a_hotline(hotline: str, queue: str) -> None:
    now = configuration()
    assert fallback_queue(now.hotlines[hotline], now, check_configuration(now, None)) == queue


def test_a_site_without_queues_has_none() -> None:
    now = configuration()
    bare = Configuration(hotlines=now.hotlines, flows=now.flows, calendars=now.calendars)
    assert fallback_queue(now.hotlines["404"], bare, {}) is None


def test_a_queue_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound, match="hotline 406: there is no queue gone"):
        check_configuration(configuration(hotline={"406": {"flow": "rules", "fallback": "gone"}}), None)


def written(tmp_path: Path, now: Configuration, *on_call: str) -> tuple[dict[str, list[str]], str]:
    """The sections of queues.conf, each its lines; extensions.conf."""
    site = Site(tmp_path)
    site.asterisk.mkdir()
    settings = Settings(fallback=Fallback(on_call=list(on_call), ring_seconds=15))
    render_some(FALLBACK, site, settings, SECRETS, now, flows=check_configuration(now, None))
    sections: dict[str, list[str]] = {}
    for line in (site.asterisk / "queues.conf").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line[1:].partition("]")[0], [])
        elif line and line[0] not in ";#":
            lines.append(line)
    return sections, (site.asterisk / "extensions.conf").read_text(encoding="utf-8")


def test_queues_of_asterisk(tmp_path: Path) -> None:
    queues, extensions = written(tmp_path, configuration(), "1001", "1009")
    assert [*queues] == ["general", "served", "queue-empty", "queue-support", "queue-vip", "queue-sales", "on-call"]
    assert queues["queue-support"] == [
        "strategy = ringall", "timeout = 7", "wrapuptime = 10", "member => PJSIP/1001,0", "member => PJSIP/1002,2",
    ]  # fmt: skip
    assert queues["queue-vip"][1:] == ["timeout = 20", "wrapuptime = 12", "member => PJSIP/1002,0"]
    assert queues["on-call"] == ["strategy = ringall", "timeout = 15", "member => PJSIP/1001", "member => PJSIP/1009"]
    assert '${IF($["${CC_HOTLINE}" = "402"]?queue-sales:' in extensions
    assert [line for line in extensions.splitlines() if "CC_RECORD=${IF($" in line and "?0:${" in line] == [
        f' same => n,Set(__CC_RECORD=${{IF($["${{CC_HOTLINE}}" = "{number}"]?0:${{CC_RECORD}})}})'
        for number in ("403", "405")
    ]
    assert "Queue(on-call,cC,,,15)" in extensions


def test_without_on_call_phones_nobody_is_sent_to_them(tmp_path: Path) -> None:
    queues, extensions = written(tmp_path, configuration())
    assert queues["on-call"] == ["strategy = ringall", "timeout = 15"]
    assert "on-call," not in extensions


def test_each_strategy_has_its_like() -> None:
    assert STRATEGIES.keys() == OURS.keys()
