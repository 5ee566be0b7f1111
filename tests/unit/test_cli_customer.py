"""customer and contact on the command line: changed, imported, exported; each refusal is one line and leaves all as it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import done, free_ports, read, refusal, run
from openpyxl import Workbook, load_workbook


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A sample site of one's own, to be changed."""
    folder = tmp_path / "center"
    names = ("--sip-port", "--http-port", "--ami-port", "--agi-port")
    ports = [word for name, port in zip(names, free_ports(4), strict=True) for word in (name, str(port))]
    done("init", folder, "--sample", "--bind", "127.0.0.1", *ports)
    return folder


@pytest.fixture
def unchanged(fresh: Path) -> Callable[[], bool]:
    before = read("customer", "list", site=fresh)
    return lambda: read("customer", "list", site=fresh) == before


def test_add_edit_show_and_remove(fresh: Path) -> None:
    said = done(
        *(
            "customer",
            "add",
            "西湖软件",
            "level=vip",
            "service_until=2027/12/31",
            "products=财务@12;人事",
            "fields.销售=老李",
        ),
        *("--contact", "孙丽", "--number", "139 0000 0001"),
        site=fresh,
    )
    shown = read("customer", "show", "西湖软件", site=fresh)
    assert said == f"+ company 6 西湖软件, service code {shown['service_code']}\n"
    assert shown["products"] == [{"name": "财务", "version": "12"}, {"name": "人事", "version": ""}]
    assert (shown["fields"], shown["service_until"], shown["service"]) == ({"销售": "老李"}, "2027-12-31", "active")
    assert shown["contacts"][0]["numbers"] == ["+8613900000001"]
    said = done("customer", "edit", "6", "region=华东", "fields.销售=", site=fresh)
    assert "    region: none -> 华东\n" in said
    assert read("customer", "show", "6", site=fresh)["fields"] == {}
    assert "华东" in done("customer", "show", "6", site=fresh)
    assert done("customer", "edit", "6", "region=华东", site=fresh) == "nothing changes: it is so already.\n"
    assert run("customer", "remove", "6", site=fresh).exit_code == 1  # nobody said yes
    done("customer", "remove", "6", "--yes", site=fresh)
    assert refusal("customer", "show", "6", site=fresh) == (
        "there is no customer 6. See: contactcenter customer list --search 6"
    )
    commands = [change["command"] for change in read("audit", "list", site=fresh)]
    assert [command.split()[1] for command in commands] == ["remove", "edit", "add"]


def test_contacts_and_their_numbers(fresh: Path) -> None:
    done("contact", "add", "1", "name=孙丽", "numbers=13900000001,010-62345678", "mail=s@x.cn", site=fresh)
    done(
        "contact", "edit", "6", "wechat=sl", "--add-number", "13900000002", "--remove-number", "13900000001", site=fresh
    )
    shown = read("contact", "show", "6", site=fresh)
    assert (shown["numbers"], shown["wechat"], shown["company"]) == (
        ["+861062345678", "+8613900000002"],
        "sl",
        "北京华远商贸有限公司",
    )
    assert [one["id"] for one in read("contact", "list", "--search", "010 6234 5678", site=fresh)] == [6]
    assert "孙丽" in done("contact", "list", site=fresh)
    done("contact", "remove", "6", "--yes", site=fresh)
    assert refusal("contact", "show", "6", site=fresh) == "there is no contact 6. See: contactcenter contact list"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("edit", "1", "level=gold"), "level 'gold' is unknown: use standard, vip, super_vip"),
        (("edit", "1", "colour=red"), "there is no field colour: use name, group"),
        (("edit", "1", "level"), "'level' is no FIELD=VALUE, such as level=vip."),
        (("edit", "1", "service_from=2099-01-01"), "before it starts 2099-01-01"),
        (("edit", "1", "service_code=100002"), "its service code belongs to 上海明德科技有限公司"),
        (("edit", "99", "level=vip"), "there is no customer 99"),
        (("add", "上海明德科技有限公司"), "name 上海明德科技有限公司 belongs to"),
        (("add", "x", "--number", "13800000002"), "number +8613800000002 belongs to 上海明德科技有限公司"),
        (("merge", "1", "北京华远商贸有限公司", "--yes"), "are the same company"),
        (("expiring", "--within", "soon"), "'soon' is no number of days, such as 30d."),
        (("import", "/nowhere.xlsx"), "/nowhere.xlsx can't be read: No such file or directory."),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_one_line_and_changes_nothing(
    words: tuple[str, ...], line: str, fresh: Path, unchanged: Callable[[], bool]
) -> None:
    said = refusal("customer", *words, site=fresh)
    assert line in said
    assert "100002" not in said
    assert unchanged()


@pytest.mark.parametrize(
    "words",
    [
        ("customer", "add", "x"),
        ("customer", "edit", "1", "level=standard"),
        ("customer", "remove", "1"),
        ("customer", "merge", "1", "2"),
        ("contact", "add", "1", "name=x"),
        ("contact", "edit", "1", "name=x"),
        ("contact", "remove", "1"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_dry_run_says_what_would_change(words: tuple[str, ...], fresh: Path, unchanged: Callable[[], bool]) -> None:
    assert done(*words, "--dry-run", site=fresh).endswith("nothing was changed (--dry-run).\n")
    told = json.loads(done(*words, "--dry-run", "--json", site=fresh))
    assert (told["dry_run"], len(told["changed"])) == (True, 2 if "merge" in words else 1)
    assert unchanged()


def test_who_expires(fresh: Path) -> None:
    assert [row["name"] for row in read("customer", "expiring", site=fresh)] == ["广州南方物流有限公司"]
    assert read("customer", "expiring", "--within", "14d", site=fresh) == []
    assert "广州南方物流有限公司" in done("customer", "expiring", "--within", "15d", site=fresh)


def test_search(fresh: Path) -> None:
    assert [row["id"] for row in read("customer", "list", "--search", "陈伟", site=fresh)] == [3]
    assert [row["id"] for row in read("customer", "list", "--limit", "2", site=fresh)] == [1, 2]
    assert read("customer", "conflicts", site=fresh) == []


HEADINGS = ["客户名称", "联系人", "手机", "级别", "到期", "颜色"]
ROWS = [
    ["西湖软件", "孙丽", 13900000001, "VIP", "2027年12月31日", "红"],
    ["西湖软件", "钱明", "13900000002、13900000003", None, None, None],
    ["北京华远商贸有限公司", "王建国", "13800000001", "超级VIP", None, None],
    ["上海明德科技有限公司", None, None, None, None, None],
]
BAD = [
    ["坏", "a", "13800000004", None, None, None],
    ["更坏", "=1+1", None, None, None, None],
]


def sheet(folder: Path, rows: list[list[Any]], name: str = "customers.xlsx") -> Path:
    book = Workbook()
    for row in [HEADINGS, *rows]:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def test_an_import_says_first_what_it_does_and_does_it_once(
    fresh: Path, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    file = sheet(tmp_path, ROWS)
    said = done("customer", "import", file, "--dry-run", site=fresh).splitlines()
    assert said == [
        "1 companies are new, 1 change, 1 stay as they are, 0 rows are refused.",
        "+ 西湖软件: 2 contacts",
        "~ 北京华远商贸有限公司: level",
        "columns that nobody knows, passed over: 颜色 (--fields keeps them)",
        "nothing was changed (--dry-run).",
    ]
    assert run("customer", "import", file, site=fresh).exit_code == 1  # nobody said yes
    assert unchanged()
    assert done("customer", "import", file, "--yes", site=fresh).endswith("2 companies were imported.\n")
    assert [len(one["contacts"]) for one in read("customer", "list", site=fresh)] == [1, 1, 1, 1, 1, 2]
    again = done("customer", "import", file, "--yes", site=fresh)
    assert again.startswith("0 companies are new, 0 change, 3 stay as they are")
    assert again.endswith("nothing changes: it is so already.\n")
    assert read("audit", "list", site=fresh)[0]["items"] == 2
    done("customer", "import", file, "--yes", "--fields", site=fresh)
    assert read("customer", "show", "西湖软件", site=fresh)["fields"] == {"颜色": "红"}


def test_with_refused_rows_it_is_all_or_nothing_or_partial(
    fresh: Path, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    file = sheet(tmp_path, [*ROWS, *BAD])
    result = run("customer", "import", file, "--yes", site=fresh)
    assert result.exit_code == 1
    assert "! row 6 坏: number +8613800000004 belongs to 深圳新锐电子有限公司\n" in result.stdout
    assert "! row 7 更坏: row 7: cell B7 is a formula: put its value there\n" in result.stdout
    assert result.stderr == (
        "contactcenter: 2 rows are refused, so nothing was imported. Correct them, or take the rest with --partial.\n"
    )
    assert unchanged()
    summary = json.loads(run("customer", "import", file, "--json", "--dry-run", site=fresh).stdout)
    assert [(one["rows"], one["name"]) for one in summary["refused"]] == [([6], "坏"), ([7], "更坏")]
    done("customer", "import", file, "--yes", "--partial", site=fresh)
    assert len(read("customer", "list", site=fresh)) == 6
    left = load_workbook(tmp_path / "customers-refused.xlsx").active
    assert [[cell or "" for cell in row] for row in left.iter_rows(values_only=True)] == [
        [*HEADINGS, "原因"],
        [*BAD[0][:3], "", "", "", "number +8613800000004 belongs to 深圳新锐电子有限公司"],
        ["更坏", "", "", "", "", "", "row 7: cell B7 is a formula: put its value there"],
    ]
    corrected = run("customer", "import", tmp_path / "customers-refused.xlsx", "--dry-run", site=fresh)
    assert "! row 2 坏: number +8613800000004 belongs to" in corrected.stdout
    assert "原因" not in corrected.stdout


@pytest.mark.parametrize("name", ["all.xlsx", "all.csv"])
def test_an_export_is_imported_into_another_site_as_it_was(fresh: Path, tmp_path: Path, name: str) -> None:
    done("customer", "edit", "1", "notes==SUM(A1)", "fields.@行业=+零售", "products=财务@12;人事", site=fresh)
    file = tmp_path / name
    assert done("customer", "export", file, site=fresh) == f"5 companies are in {file}.\n"
    assert done("customer", "import", file, "--yes", site=fresh).endswith("nothing changes: it is so already.\n")
    other = tmp_path / "other"
    done("init", other)
    assert done("customer", "import", file, "--yes", site=other).endswith("5 companies were imported.\n")
    assert read("customer", "list", site=other) == read("customer", "list", site=fresh)


def test_a_merge_names_what_contradicts(fresh: Path) -> None:
    said = done("customer", "merge", "1", "2", "--yes", site=fresh)
    assert "! level: vip is kept, standard is not\n" in said
    assert "- company 2 上海明德科技有限公司\n" in said
    assert {one["name"] for one in read("customer", "show", "1", site=fresh)["contacts"]} == {"王建国", "李雪"}


def test_undo_takes_an_import_and_a_merge_back(fresh: Path, tmp_path: Path, unchanged: Callable[[], bool]) -> None:
    done("customer", "import", sheet(tmp_path, ROWS), "--yes", site=fresh)
    done("customer", "merge", "1", "西湖软件", "--yes", site=fresh)
    assert not unchanged()
    done("undo", "--dry-run", site=fresh)
    assert not unchanged()
    for _ in range(2):
        done("undo", "--yes", site=fresh)
    assert unchanged()
