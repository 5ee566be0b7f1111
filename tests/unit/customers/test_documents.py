"""A company's document: read, held together, and written the same again."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contactcenter.customers.company import Company, Contact, Product, combined, differences, of_plain, plain
from contactcenter.customers.documents import Faults, company_of

WHOLE: dict[str, Any] = {
    "name": "杭州西湖软件有限公司",
    "group": "西湖集团",
    "level": "超级VIP",
    "package": "金牌",
    "products": [{"name": "财务软件", "version": "12.0"}, "进销存"],
    "region": "华东",
    "contract": "HT-1",
    "service_from": "2026/1/1",
    "service_until": "2026年12月31日",
    "service_code": 10000007,
    "fields": {"销售": "老李", "empty": ""},
    "notes": "two\r\nlines",
    "external_id": "C-7",
    "contacts": [
        {"name": "孙丽", "numbers": ["139 0000 0001", "010-62345678"], "mail": "sun@example.com", "wechat": "sl1"},
        {"name": "", "numbers": [13900000002]},
    ],
}


def test_a_whole_document() -> None:
    assert company_of(WHOLE, "CN") == Company(
        name="杭州西湖软件有限公司",
        group="西湖集团",
        level="super_vip",
        package="金牌",
        products=(Product("财务软件", "12.0"), Product("进销存")),
        region="华东",
        contract="HT-1",
        service_from=date(2026, 1, 1),
        service_until=date(2026, 12, 31),
        service_code="10000007",
        fields={"销售": "老李"},
        notes="two\nlines",
        external_id="C-7",
        contacts=(
            Contact("孙丽", ("+8613900000001", "+861062345678"), "sun@example.com", "sl1"),
            Contact("", ("+8613900000002",)),
        ),
    )


def test_what_is_written_reads_the_same() -> None:
    company = company_of(WHOLE, "CN")
    assert company_of(plain(company), "DE") == company
    assert of_plain(plain(replace(company, id=7))) == replace(company, id=7)


def test_forty_numbers_of_one_contact_are_fine() -> None:
    numbers = [f"139000000{n:02}" for n in range(40)]
    company = company_of({"name": "x", "contacts": [{"name": "a", "numbers": numbers}]}, "CN")
    assert len(company.numbers) == 40


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"level": "gold"}, "level 'gold' is unknown: use standard, vip, super_vip"),
        ({"level": 3}, "level '3' is unknown: use standard, vip, super_vip"),
        (
            {"service_from": "2026-12-31", "service_until": "2026-01-01"},
            "service ends 2026-01-01, before it starts 2026-12-31",
        ),
        ({"service_until": "03/04/2026"}, "service_until: which is the day of '03/04/2026', and which the month?"),
        ({"contacts": [{"name": "a", "numbers": ["12"]}]}, "'12' is no phone number"),
        ({"contacts": [{"name": "a", "numbers": [True]}]}, "'True' is no phone number"),
        ({"contacts": [{"name": "a", "numbers": "13900000001"}]}, "numbers is no list"),
        (
            {"contacts": [{"name": "a", "numbers": ["13900000001"]}, {"name": "b", "numbers": ["+8613900000001"]}]},
            "number +8613900000001 is there twice",
        ),
        ({"contacts": [{"name": "a"}, {"name": "a"}]}, "two contacts are named a: tell them apart, such as a (2)"),
        ({"contacts": [{"mail": "a@b.cn"}]}, "a contact has neither a name nor a number"),
        ({"contacts": [{"name": "a", "phone": "1"}]}, "a contact has no field 'phone'"),
        ({"contacts": [{"name": "a", "mail": "a at b"}]}, "'a at b' is no mail address"),
        ({"contacts": ["a"]}, "a contact is no object with name and numbers"),
        ({"contacts": [{"name": f"{n}"} for n in range(2001)]}, "2001 contacts are too many: 2000 at most"),
        ({"service_code": "12345"}, "the service code must be 6 to 12 digits"),
        ({"service_code": "１２３４５６"}, "the service code must be 6 to 12 digits"),
        ({"service_code": "12345a"}, "the service code must be 6 to 12 digits"),
        ({"name": ""}, "it has no name"),
        ({"name": "a\tb"}, "name has control characters"),
        ({"name": "x" * 201}, "name has 201 characters: 200 at most"),
        ({"name": ["x"]}, "name is no text"),
        ({"products": [{"version": "1"}]}, "a product is no object with name and version"),
        ({"products": ["a;b"]}, "product a;b has a semicolon in it"),
        ({"fields": {"a": {"b": 1}}}, "notes is no text"),
        ({"fields": ["a"]}, "fields is no object"),
        ({"colour": "red"}, "there is no field 'colour'"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_each_fault_is_one_clear_line(wrong: dict[str, Any], fault: str) -> None:
    with pytest.raises(Faults) as refused:
        company_of({"name": "x", **wrong}, "CN")
    assert fault in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(refused.value.faults) == 1


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Faults) as refused:
        company_of({"name": "x", "level": "gold", "service_until": "soon", "service_code": "1"}, "CN")
    assert len(refused.value.faults) == 3


def test_a_service_code_is_not_repeated_in_the_line() -> None:
    with pytest.raises(Faults) as refused:
        company_of({"name": "x", "service_code": "98765"}, "CN")
    assert "98765" not in str(refused.value)


def test_keys_that_are_not_there_stay() -> None:
    before = company_of(WHOLE, "CN")
    after = company_of({"level": "vip"}, "CN", before)
    assert differences(before, after) == ("level",)


def test_contacts_keep_their_ids_by_external_id_name_and_number() -> None:
    people = (Contact("甲", ("+8613900000001",), id=1, external_id="P1"), Contact("乙", id=2))
    before = Company("x", contacts=(*people, Contact("丙", ("+8613900000003",), id=3)), id=9)
    given = [
        {"name": "丙二", "numbers": ["13900000003"]},
        {"name": "新"},
        {"name": "乙", "wechat": "y"},
        {"name": "甲改名", "external_id": "P1"},
    ]
    after = company_of({"contacts": given}, "CN", before)
    assert [(one.id, one.name) for one in after.contacts] == [(1, "甲改名"), (2, "乙"), (3, "丙二"), (None, "新")]


def test_two_changes_of_different_things_are_both_kept() -> None:
    before = Company("x")
    mine, theirs = replace(before, level="vip"), replace(before, region="华东")
    assert combined(before, mine, theirs) == Company("x", level="vip", region="华东")
    assert combined(before, mine, replace(before, level="super_vip")) is None
    assert combined(before, mine, mine) == mine


def test_what_was_wrong_already_does_not_hold_up_other_changes() -> None:
    before = Company("x", contacts=(Contact("a", id=1), Contact("a", id=2)), id=1)
    assert company_of({"level": "vip"}, "CN", before).level == "vip"
    with pytest.raises(Faults, match="two contacts are named b"):
        company_of({"contacts": [{"name": "b"}, {"name": "b"}]}, "CN", before)
