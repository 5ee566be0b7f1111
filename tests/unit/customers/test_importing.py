"""What an import would do: added, changed, unchanged, refused with the row and the reason."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from contactcenter.customers.columns import CHINESE, ENGLISH, columns_of
from contactcenter.customers.company import Company, Contact, Product, differences
from contactcenter.customers.exporting import table_of
from contactcenter.customers.importing import Plan, plan_import
from contactcenter.customers.sheets import Formula, Row, defused
from contactcenter.errors import BadInput

HEADINGS = ("公司", "联系人", "电话", "级别", "服务结束", "服务码")


def plan(
    rows: Sequence[Sequence[Any]],
    existing: Sequence[Company] = (),
    headings: Sequence[str] = HEADINGS,
    own_fields: bool = False,
) -> Plan:
    numbered = [Row(number, tuple(row)) for number, row in enumerate(rows, 2)]
    return plan_import(numbered, columns_of(tuple(headings), own_fields), existing, "CN")


def reasons(plan: Plan) -> list[tuple[list[int], str]]:
    return [([row.number for row in refusal.rows], refusal.reason) for refusal in plan.refused]


def stored(plan: Plan) -> list[Company]:
    """As the store gives ids."""
    found, contact = [], 100
    for key, company in enumerate(plan.added, 1):
        people = tuple(replace(one, id=contact + index) for index, one in enumerate(company.contacts))
        contact += len(people)
        found.append(replace(company, id=key, contacts=people, service_code=company.service_code or f"{key:06}"))
    return found


def test_rows_of_one_company_are_one_company() -> None:
    made = plan(
        [
            ["华远", "王建国", 13800000001, "VIP", "2026/12/31", None],
            ["华远", "李娜", "13800000002;010-62345678", None, None, None],
            ["明德", None, None, None, None, 123456],
        ]
    )
    assert [(one.name, one.level, one.service_code, len(one.contacts)) for one in made.added] == [
        ("华远", "vip", "", 2),
        ("明德", "standard", "123456", 0),
    ]
    assert made.added[0].numbers == ("+8613800000001", "+8613800000002", "+861062345678")
    assert not made.refused


def test_the_same_file_again_changes_nothing() -> None:
    rows = [["华远", "王建国", "13800000001", "vip", "2026-12-31", None], ["华远", "", "13800000009", "", "", None]]
    first = plan(rows)
    again = plan(rows, stored(first))
    assert (again.added, again.changed, again.unchanged, again.refused) == ([], [], 1, [])


def test_what_changes_is_named_and_empty_cells_change_nothing() -> None:
    existing = stored(plan([["华远", "王建国", "13800000001", "vip", "2026-12-31", None]]))
    made = plan([["华远", "王建国", None, "super_vip", None, None]], existing)
    ((before, after),) = made.changed
    assert differences(before, after) == ("level",)
    made = plan([["华远", "王建国", "13800000005", None, None, None]], existing)
    ((before, after),) = made.changed
    assert (differences(before, after), after.numbers) == (("contacts",), ("+8613800000005",))
    assert after.contacts[0].id == before.contacts[0].id


def test_who_is_not_in_the_file_stays() -> None:
    existing = stored(plan([["华远", "王建国", "13800000001", None, None, None]]))
    ((_, after),) = plan([["华远", "李娜", "13800000002", None, None, None]], existing).changed
    assert [one.name for one in after.contacts] == ["王建国", "李娜"]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        (
            [["华远", "a", "13800000001", "vip", None, None], ["华远", "b", None, "标准", None, None]],
            ([2, 3], "row 3 has another level than row 2"),
        ),
        ([["华远", "a", "12", None, None, None]], ([2], "'12' is no phone number")),
        ([["华远", "a", Formula(), None, None, None]], ([2], "row 2: cell C2 is a formula: put its value there")),
        ([[None, "a", "13800000001", None, None, None]], ([2], "row 2: no company is named")),
        (
            [["华远", "a", "13800000001", None, None, None], ["华远", "b", "13800000001", None, None, None]],
            ([2, 3], "number +8613800000001 is there twice"),
        ),
        (
            [["华远", "a", "13800000001", None, None, None], ["明德", "b", "13800000001", None, None, None]],
            ([3], "number +8613800000001 belongs to 华远"),
        ),
        (
            [["华远", None, None, None, None, "123456"], ["明德", None, None, None, None, "123456"]],
            ([3], "its service code belongs to 华远"),
        ),
        ([["华远", None, None, None, "03/04/2026", None]], ([2], "service_until: which is the day of")),
    ],
)
def test_a_company_with_a_fault_is_refused_with_rows_and_reason(
    rows: list[list[Any]], refused: tuple[list[int], str]
) -> None:
    (only,) = reasons(plan([*rows, ["好", "好", "13800000008", None, None, None]]))
    assert only[0] == refused[0]
    assert refused[1] in only[1]
    assert [one.name for one in plan([*rows, ["好", None, None, None, None, None]]).added][-1] == "好"


def test_what_another_company_has_is_refused_unless_it_gives_it_up() -> None:
    existing = stored(
        plan([["华远", "王", "13800000001", None, None, None], ["明德", "李", "13800000002", None, None, None]])
    )
    taken = plan([["明德", "李", "13800000001", None, None, None]], existing)
    assert reasons(taken) == [([2], "number +8613800000001 belongs to 华远")]
    swapped = plan(
        [["华远", "王", "13800000002", None, None, None], ["明德", "李", "13800000001", None, None, None]], existing
    )
    assert (len(swapped.changed), swapped.refused) == (2, [])
    half = plan(
        [["华远", "王", "13800000002", "gold", None, None], ["明德", "李", "13800000001", None, None, None]], existing
    )
    assert reasons(half) == [
        ([2], "level 'gold' is unknown: use standard, vip, super_vip"),
        ([3], "number +8613800000001 belongs to 华远"),
    ]


def test_the_crms_id_goes_before_the_name() -> None:
    headings = ("CRM编号", "公司名称")
    existing = stored(plan([["C1", "华远"]], headings=headings))
    ((before, after),) = plan([["C1", "华远集团"]], existing, headings).changed
    assert (before.id, after.name) == (after.id, "华远集团")
    assert reasons(plan([["C2", "华远"]], existing, headings)) == [([2], "华远 is known by the external_id C1, not C2")]
    assert plan([["C1", None]], existing, headings).unchanged == 1


def test_products_with_versions_from_cells_and_rows() -> None:
    headings = ("company", "product", "version")
    made = plan([["x", "财务; 进销存", "12.0; 3.1"], ["x", "人事", None]], headings=headings)
    assert made.added[0].products == (Product("财务", "12.0"), Product("进销存", "3.1"), Product("人事"))
    wrong = plan([["x", "财务", "1"], ["x", "财务", "2"]], headings=headings)
    assert reasons(wrong) == [([2, 3], "row 3 has another 财务 than row 2")]


def test_unknown_columns_are_named_or_become_fields() -> None:
    headings = ("公司", "销售", "字段:行业")
    assert columns_of(headings, own_fields=False).ignored == ("销售",)
    assert plan([["x", "老李", "零售"]], headings=headings).added[0].fields == {"行业": "零售"}
    made = plan([["x", "老李", "零售"]], headings=headings, own_fields=True)
    assert made.added[0].fields == {"行业": "零售", "销售": "老李"}


@pytest.mark.parametrize(
    "headings", [CHINESE, ENGLISH, {key: key.upper() for key in ENGLISH} | {"name": "Company_Name "}]
)
def test_every_heading_is_known(headings: dict[str, str]) -> None:
    assert columns_of(tuple(headings.values()), own_fields=False).keys == tuple(headings)


def test_headings_that_contradict_or_lack_the_company() -> None:
    with pytest.raises(BadInput, match="two columns are the name: the second is '客户名称'"):
        columns_of(("公司", "客户名称"), own_fields=False)
    with pytest.raises(BadInput, match=r"no column names the company.*the first row has: 电话"):
        columns_of(("电话",), own_fields=False)
    assert columns_of(("公司", "电话", "手机"), own_fields=False).keys == ("name", "numbers", "numbers")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_export_reads_the_same_again(language: str) -> None:
    whole = Company(
        "=华远",
        group="集团",
        level="super_vip",
        package="+金牌",
        products=(Product("财务"), Product("进销存", "3.1")),
        contract="-1",
        service_code="10000001",
        fields={"@行业": "'=x", "电话": "y"},
        notes="two\nlines",
        external_id="C1",
        contacts=(
            Contact("王", ("+8613800000001", "+861062345678"), "a@b.cn", "w", "n", "P1"),
            Contact("", ("+8613800000002",)),
        ),
    )
    empty = Company("明德", service_code="10000002")
    headings, rows = table_of([whole, empty], language)
    cells = [[defused(cell) for cell in row] for row in rows]
    made = plan(cells, headings=[defused(heading) for heading in headings])
    assert made.refused == []
    assert made.added == [whole, empty]
