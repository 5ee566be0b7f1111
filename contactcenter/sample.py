"""Sample data for a try-out: one hotline, three queues, six agents, five companies."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from contactcenter.configuration.plain import rows_of
from contactcenter.dialplan import read_dialplans
from contactcenter.resources import resource

Rows = dict[str, list[dict[str, Any]]]
Document = dict[str, dict[str, Any]]
"""One section: things by their keys."""

ON_CALL = ["1001", "1002"]
HOTLINE = "4001234567"

AGENTS = (
    ("1001", "张伟"),
    ("1002", "刘洋"),
    ("1003", "杨静"),
    ("1004", "黄磊"),
    ("1005", "吴芳"),
    ("1006", "徐强"),
)

QUEUES = (
    ("support", "技术支持", "least_load", (("1001", 1), ("1002", 1), ("1003", 1))),
    ("vip", "VIP专席", "round_robin", (("1004", 1), ("1005", 1), ("1001", 2))),
    ("renewals", "续费专席", "round_robin", (("1006", 1), ("1003", 2))),
)

COMPANIES = (
    # name, level, days of service left, service code, (contact, number)
    ("北京华远商贸有限公司", "vip", 200, "100001", ("王建国", "+8613800000001")),
    ("上海明德科技有限公司", "standard", 300, "100002", ("李雪", "+8613800000002")),
    ("广州南方物流有限公司", "standard", 15, "100003", ("陈伟", "+8613800000003")),
    ("深圳新锐电子有限公司", "standard", -20, "100004", ("赵敏", "+8613800000004")),
    ("成都锦里食品有限公司", "standard", 120, "100005", ("周丽", None)),
)


def first_document(timezone: str) -> dict[str, Document]:
    """What every new site has, as an exported file has it: calendars, the shipped flows and rules, and the queues that these
    name, without members.
    """
    day = ["00:00-24:00"]
    work = ["09:00-12:00", "13:30-18:00"]
    flows, rules = read_dialplans(resource("dialplans"))
    return {
        "calendars": {
            "always": {"timezone": timezone, "weekly": [day] * 7},
            "workdays": {"timezone": timezone, "weekly": [work] * 5 + [[], []]},
        },
        "queues": {name: {"title": title, "strategy": strategy} for name, title, strategy, _ in QUEUES},
        "routes": rules,
        "flows": {name: {"text": text} for name, text in flows.items()},
    }


def sample_document(timezone: str, password: Callable[[], str]) -> dict[str, Document]:
    """The same with a hotline, agents, and members."""
    document = first_document(timezone)
    for name, _, _, members in QUEUES:
        document["queues"][name] = {**document["queues"][name], "members": dict(members)}
    return {
        **document,
        "hotlines": {HOTLINE: {"title": "服务热线", "calendar": "always"}},
        "agents": {number: {"name": name, "sip_password": password()} for number, name in AGENTS},
    }


def first_rows(timezone: str) -> Rows:
    """A new site's rows for the tables of the store, by table."""
    return {"configuration": rows_of(first_document(timezone))}


def sample_rows(today: date, timezone: str, password: Callable[[], str]) -> Rows:
    """The sample's rows for the tables of the store, by table, in an order that keeps foreign keys."""
    return {
        "configuration": rows_of(sample_document(timezone, password)),
        "agents": [{"number": number, "logged_in": True} for number, _ in AGENTS],
        **customer_rows(today),
    }


def customer_rows(today: date) -> Rows:
    return {
        "customer_groups": [{"id": 1, "name": "直销客户"}],
        "companies": [
            {
                "id": index,
                "name": name,
                "group_id": 1,
                "level": level,
                "service_from": today - timedelta(days=365),
                "service_until": today + timedelta(days=left),
                "service_code": code,
            }
            for index, (name, level, left, code, _) in enumerate(COMPANIES, 1)
        ],
        "contacts": [
            {"id": index, "company_id": index, "name": contact} for index, (*_, (contact, _)) in enumerate(COMPANIES, 1)
        ],
        "contact_numbers": [
            {"number": number, "contact_id": index}
            for index, (*_, (_, number)) in enumerate(COMPANIES, 1)
            if number is not None
        ],
    }
