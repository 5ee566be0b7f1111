"""Reading a site whose controller is down: what programs get as JSON, and what people see."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import ABANDONED, CALL, START, done, facts, read, refusal, write_down

from contactcenter import events as e
from contactcenter.config import read_settings
from contactcenter.ids import CallId
from contactcenter.site import Site


def test_calls_as_json(site: Path) -> None:
    newest, oldest = read("call", "list", site=site)
    assert newest["id"] == ABANDONED
    keys = [
        "id",
        "hotline",
        "caller",
        "company",
        "contact",
        "level",
        "service",
        "queue",
        "agent",
        "outcome",
        "arrived_at",
        "queued_at",
        "answered_at",
        "ended_at",
        "wait_seconds",
        "talk_seconds",
        "rating",
        "ticket",
        "recording",
    ]
    assert {key: oldest[key] for key in keys} == {
        "id": CALL,
        "hotline": "4001234567",
        "caller": "+8613800000001",
        "company": "北京华远商贸有限公司",
        "contact": "王建国",
        "level": "vip",
        "service": "active",
        "queue": "vip",
        "agent": "1004",
        "outcome": "answered",
        "arrived_at": "2026-11-25T01:00:00+00:00",
        "queued_at": "2026-11-25T01:00:05+00:00",
        "answered_at": "2026-11-25T01:00:09+00:00",
        "ended_at": "2026-11-25T01:01:11+00:00",
        "wait_seconds": 4.0,
        "talk_seconds": 60.0,
        "rating": 5,
        "ticket": 1,
        "recording": f"2026/11/25/{CALL}.wav",
    }
    assert newest.keys() >= set(keys)
    assert [call["id"] for call in read("call", "list", "--limit", "1", site=site)] == [ABANDONED]


def test_one_call_as_json_has_every_fact(site: Path) -> None:
    shown = read("call", "show", CALL, site=site)
    assert shown["outcome"] == "answered"
    written = [fact for fact in facts() if isinstance(fact, e.CallFact) and fact.call == CALL]
    assert [(fact["kind"], fact["at"]) for fact in shown["facts"]] == [(f.kind, f.at.isoformat()) for f in written]


def test_one_call_for_people_has_a_line_for_each_fact_in_the_sites_time(site: Path) -> None:
    text = done("call", "show", CALL, site=site)
    assert "2026-11-25 09:00:00" in text
    assert re.search(r"09:00:09\.000 +9\.000 s +CallAnswered .*agent_name=黄磊", text)
    assert "tried" not in text


def test_a_call_explains_itself(site: Path) -> None:
    assert [(line["step"], line["text"]) for line in read("call", "explain", CALL, site=site)] == [
        ("arrival", "+8613800000001 called 4001234567"),
        ("hours", "open: calendar always, wed 00:00-24:00"),
        ("caller", "北京华远商贸有限公司 王建国, level vip, known by number"),
        ("service", "active, until 2027-01-01"),
        ("routing", "rule 'expired' did not match: service is active, not expired"),
        ("routing", "rule 'VIP' matched: all conditions hold"),
        ("routing", "to queue vip with priority 8"),
        ("queue", "position 1 in vip"),
        ("offer", "offer 1 to agent 1004, chosen by round robin"),
        ("answer", "agent 1004 黄磊"),
        ("ticket", "1 opened: no open ticket of this customer"),
        ("talk", "60.0 s, the caller hung up"),
        ("survey", "rating 5"),
        ("end", "answered"),
    ]
    assert "routing    to queue vip with priority 8\n" in done("call", "explain", CALL, site=site)
    assert [line["text"] for line in read("call", "explain", ABANDONED, site=site)] == [
        "a withheld number called 4001234567",
        "abandoned: the caller hung up at customers",
    ]


def test_agents_as_json(site: Path) -> None:
    agents = read("agent", "list", site=site)
    assert [agent["number"] for agent in agents] == ["1001", "1002", "1003", "1004", "1005", "1006"]
    first = agents[0]
    assert {key: first[key] for key in ("number", "name", "state", "since", "queues", "registered")} == {
        "number": "1001",
        "name": "张伟",
        "state": "unknown",
        "since": None,
        "queues": ["support", "vip"],
        "registered": None,
    }
    assert not any("password" in key for key in first)


def test_one_agent_has_the_account_for_a_phone(site: Path) -> None:
    shown = read("agent", "show", "1001", site=site)
    assert (shown["sip_user"], shown["sip_port"]) == ("1001", read_settings(site).sip.port)
    assert shown["sip_password"] in done("agent", "show", "1001", site=site)


def test_tickets_as_json(site: Path) -> None:
    (ticket,) = read("ticket", "list", site=site)
    assert {key: ticket[key] for key in "number status company contact title calls assignee".split()} == {  # noqa: SIM905
        "number": 1,
        "status": "open",
        "company": "北京华远商贸有限公司",
        "contact": "王建国",
        "title": "Call",
        "calls": [CALL],
        "assignee": "1004",
    }
    assert read("ticket", "show", "1", site=site) == ticket


def test_customers_as_json(site: Path) -> None:
    customers = read("customer", "list", site=site)
    keys = {"id", "name", "group", "level", "service", "service_until", "service_code", "contacts"}
    assert all(customer.keys() >= keys for customer in customers)
    assert [customer["service"] for customer in customers] == ["active", "active", "expiring", "expired", "active"]
    people = [(one["name"], one["numbers"]) for customer in customers for one in customer["contacts"]]
    assert (people[0], people[4]) == (("王建国", ["+8613800000001"]), ("周丽", []))
    assert (customers[0]["group"], customers[0]["level"], customers[0]["service_code"]) == ("直销客户", "vip", "100001")


def test_recordings_as_json(site: Path) -> None:
    (recording,) = read("recording", "list", site=site)
    assert (recording["call_id"], recording["seconds"], recording["agent"]) == (CALL, 60.0, "1004")
    assert recording["file"] == f"{site}/recordings/2026/11/25/{CALL}.wav"


def test_queues_as_json(site: Path) -> None:
    queues = {queue["name"]: queue for queue in read("queue", "list", site=site)}
    assert queues.keys() == {"support", "vip", "renewals"}
    assert set(queues["vip"]["members"]) == {"1001", "1004", "1005"}
    assert queues["vip"]["waiting"] is None


@pytest.mark.parametrize("noun", ["agent", "call", "customer", "prompt", "queue", "recording", "ticket"])
def test_every_listing_has_a_table_for_people(noun: str, site: Path) -> None:
    rows = read(noun, "list", site=site)
    assert len(done(noun, "list", site=site).splitlines()) >= 1 + len(rows) > 1


def test_the_status_of_a_site_that_is_down(site: Path) -> None:
    assert read("status", site=site) == {"up": False, "processes": {}}
    assert f"is down. Start it: contactcenter --site {site} up" in done("status", site=site)
    assert done("down", site=site) == f"{site} was not up.\n"


def test_alarms_of_one_name_and_since(empty: Path) -> None:
    raised = [
        e.AlarmRaised(at=START, name="recording_failed", detail="x", call=CallId("1.1")),
        e.AlarmRaised(at=START + timedelta(minutes=1), name="disk_low", detail="y"),
    ]
    asyncio.run(write_down(Site(empty), *raised))
    assert [row["name"] for row in read("alarm", "list", site=empty)] == ["disk_low", "recording_failed"]
    assert [row["call"] for row in read("alarm", "list", "recording_failed", site=empty)] == ["1.1"]
    assert read("alarm", "list", "--since", "2026-11-25 09:01", site=empty)[0]["name"] == "disk_low"  # Shanghai's clock
    assert read("alarm", "list", "--since", "2026-11-25 10:00", site=empty) == []
    assert "is no moment" in refusal("alarm", "list", "--since", "yesterday", site=empty)
    assert "disk_low" in done("alarm", "list", "--limit", "1", site=empty)
