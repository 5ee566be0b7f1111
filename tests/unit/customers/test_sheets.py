"""Files in and out: encodings, separators, formulas, bombs, and an exact round trip."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from contactcenter.customers import sheets
from contactcenter.customers.sheets import Formula, defused, fused, opened, write_table
from contactcenter.errors import BadInput


def table(file: Path) -> list[tuple[Any, ...]]:
    with opened(file) as (headings, rows, _):
        return [headings, *(row.cells for row in rows)]


def refusal(file: Path) -> str:
    with pytest.raises(BadInput) as refused:
        table(file)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def workbook(file: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding_and_with_every_separator(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(f'公司{delimiter}电话\r\n"华远{delimiter}商贸"{delimiter}13800000001\r\n\r\n'.encode(encoding))
    assert table(file) == [("公司", "电话"), (f"华远{delimiter}商贸", "13800000001")]


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("公司\n\nx\n", encoding="utf-8")
    with opened(file) as (_, rows, _):
        assert [row.number for row in rows] == [3]


def test_xlsx_has_its_values_as_they_are(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [["公司", "电话", "到期"], ["x", 13800000001, datetime(2026, 12, 31)]])  # noqa: DTZ001
    headings, row = table(file)
    assert (headings, row[:2]) == (("公司", "电话", "到期"), ("x", 13800000001))
    assert isinstance(row[2], date)


def test_formulas_are_not_values(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [["公司"], ['=HYPERLINK("http://x.cn","x")'], ["y"]])
    assert isinstance(table(file)[1][0], Formula)
    csv = tmp_path / "a.csv"
    csv.write_text("公司\n=1+1\n", encoding="utf-8")
    assert isinstance(table(csv)[1][0], Formula)


def test_what_is_larger_than_50_mb_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("wb") as stream:
        stream.truncate(50_000_001)
    assert "50 MB at most" in refusal(file)


def test_a_zip_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = workbook(tmp_path / "a.xlsx", [["公司"], ["x"]])
    assert len(table(file)) == 2
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED", 2_000_000)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(3_000_000))
    assert file.stat().st_size < 100_000
    assert "it is refused unread" in refusal(file)


def test_an_xml_bomb_is_refused_unread(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [["公司"], ["x"]])
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet>&b;</worksheet>'
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bomb)
    assert "document type in xl/worksheets/sheet9.xml" in refusal(file)


def test_a_sheet_that_says_it_is_huge_is_read_for_what_it_has(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [["公司"], ["x"]])
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'<dimension ref="A1:A2"' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert table(file) == [("公司",), ("x",)]


def test_too_many_columns_and_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "201 columns: 200 at most" in refusal(workbook(tmp_path / "a.xlsx", [["公司"] * 201]))
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert "more than 2 rows" in refusal(workbook(tmp_path / "b.xlsx", [["公司"], ["x"], ["y"]]))


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("a.xlsx", b"PK\x03\x04 and then nothing", "is no xlsx file that can be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old or an encrypted Excel file"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"\xff\xff\xff", "is neither UTF-8 nor GB18030"),
        ("a.csv", b'x\n"' + b"y" * 40_000, "field larger than"),
    ],
)
def test_what_is_no_table_is_told_in_one_line(tmp_path: Path, name: str, data: bytes, line: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert line in refusal(tmp_path / name)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.csv").endswith("can't be read: No such file or directory.")
    assert "is no file" in refusal(tmp_path)


@pytest.mark.parametrize("text", ["=1+1", "+8613800000001", "-x", "@x", "'=x", "''+x", "'x", "x", "", "\tx", "\rx"])
def test_defusing_is_taken_off_exactly(text: str) -> None:
    assert fused(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_what_is_written_holds_no_formula(tmp_path: Path, name: str) -> None:
    write_table(tmp_path / name, ["公司", "备注"], [["=cmd|' /C calc'!A0", "two\nlines"], ["+86", "-"]])
    assert [list(row) for row in table(tmp_path / name)] == [
        ["公司", "备注"],
        ["'=cmd|' /C calc'!A0", "two\nlines"],
        ["'+86", "'-"],
    ]


def test_a_file_of_another_kind_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"neither \.xlsx nor \.csv"):
        write_table(tmp_path / "a.pdf", ["x"], [])
