"""Customers, whose data comes from a CRM or a file: kept as it is, or refused by name; listed, exported and imported again unchanged."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import run
from injection import NASTY, encodable, unseen
from openpyxl import load_workbook

from contactcenter.changes import Author
from contactcenter.config import read_settings
from contactcenter.customers.company import Company, plain
from contactcenter.customers.documents import Faults, company_of
from contactcenter.customers.unique import Edit
from contactcenter.site import Site
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import open_database

AUTHOR = Author("crm", "HTTP from 127.0.0.1", "PUT /api/v1/customers/x")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
TEXTS = ("name", "group", "package", "region", "contract", "notes", "external_id")


def documents() -> list[Company]:
    """A company for each string and each place of it that is not refused."""
    found: list[Company] = []
    refused: list[str] = []
    for number, (called, nasty) in enumerate(NASTY.items()):
        name = f"{called} {number}"
        places = [{key: nasty} for key in TEXTS]
        places += [
            {"fields": {"x": nasty}},
            {"fields": {nasty: "x"}},
            {"products": [{"name": nasty, "version": nasty}]},
        ]
        places += [{"contacts": [{"name": nasty, "wechat": nasty, "notes": nasty}]}]
        for place, values in enumerate(places):
            try:
                found.append(company_of({"name": f"{name} {place}", **values}, "CN"))
            except Faults as faults:
                refused.append(str(faults))
    assert all(encodable(line) and len(line) < 500 for line in refused)
    return found


async def stored(site: Site, companies: list[Company]) -> list[Company]:
    database = open_database(site.database_url(read_settings(site.path)))
    try:
        book = CompanyRepository(database)
        seen, edits = set(), []
        for one in companies:
            if one.name not in seen and (one.external_id is None or one.external_id not in seen):
                seen |= {one.name, one.external_id}
                edits.append(Edit(None, one))
        await book.save(edits, AUTHOR, NOW)
        return [edit.after for edit in edits if edit.after]
    finally:
        await database.dispose()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Company]]:
    """A site of its own with all of them."""
    folder = tmp_path_factory.mktemp("injected") / "center"
    assert run("init", folder).exit_code == 0
    return folder, asyncio.run(stored(Site(folder), documents()))


def test_most_are_kept_as_they_are(kept: tuple[Path, list[Company]]) -> None:
    folder, companies = kept
    assert len(companies) > 300
    listed = json.loads(run("customer", "list", "--json", site=folder).stdout)
    assert {row["name"] for row in listed} == {company.name for company in companies}
    for company in companies[:: len(companies) // 20]:
        shown = json.loads(run("customer", "show", company.name, "--json", site=folder).stdout)
        expected = plain(company)
        assert {key: shown[key] for key in TEXTS} == {key: expected[key] for key in TEXTS}


def test_lists_show_them_as_plain_text(kept: tuple[Path, list[Company]]) -> None:
    folder, companies = kept
    for words in (
        ("customer", "list"),
        ("contact", "list"),
        ("audit", "list"),
        ("customer", "show", companies[7].name),
    ):
        shown = run(*words, site=folder)
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert unseen(shown.stdout) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_no_formula_and_an_import_of_it_changes_nothing(
    kept: tuple[Path, list[Company]], tmp_path: Path, kind: str
) -> None:
    folder, companies = kept
    file = tmp_path / f"out.{kind}"
    assert run("customer", "export", file, site=folder).exit_code == 0
    if kind == "xlsx":
        cells = [cell for row in load_workbook(file).worksheets[0].iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}  # no "f": a formula
        assert not [
            cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))
        ]
    again = run("customer", "import", file, "--fields", "--dry-run", "--json", site=folder)
    assert again.exit_code == 0, again.output
    plan = json.loads(again.stdout)
    assert (plan["added"], plan["changed"], plan["refused"]) == ([], [], [])
    assert plan["unchanged"] == len(companies)


async def test_as_a_service_code_and_a_number(kept: tuple[Path, list[Company]]) -> None:
    """Callers key digits only, but nothing depends on that."""
    site = Site(kept[0])
    database = open_database(site.database_url(read_settings(site.path)))
    try:
        book = CustomerRepository(database)
        for nasty in filter(encodable, NASTY.values()):
            assert await book.by_service_code(nasty) is None, nasty
            assert await book.by_number(nasty) is None, nasty
    finally:
        await database.dispose()
