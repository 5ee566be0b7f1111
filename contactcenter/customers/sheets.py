"""Tables of an admin's own: xlsx and csv files in, csv and xlsx files out. A file that could harm is refused before it is read."""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError  # for the error alone

from openpyxl import Workbook, load_workbook

from contactcenter.errors import BadInput

LARGEST, LARGEST_UNPACKED = 50_000_000, 800_000_000
"""Bytes of a file, and of what is packed in an xlsx."""
MOST_PARTS = 2000
MOST_ROWS, MOST_COLUMNS = 300_000, 200
LONGEST_CELL = 32_767
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""What openpyxl raises for a file that is no workbook, or a broken one."""

Cells = tuple[Any, ...]


class Formula:
    """A cell that computes: its value is unknown here, and may differ by tomorrow."""


@dataclass(frozen=True, slots=True)
class Row:
    """number: as the spreadsheet shows it, the heading is 1. cells: str, int, float, date, datetime, None or Formula."""

    number: int
    cells: Cells


@contextmanager
def opened(file: Path) -> Iterator[tuple[Cells, Iterator[Row], int]]:
    """The headings of a table, its rows, and about how many rows there are (0: unknown). Raises BadInput."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise BadInput(f"{file} can't be read: {error.strerror}.") from None
    if not file.is_file():
        raise BadInput(f"{file} is no file. Name an xlsx or csv file.")
    if size > LARGEST:
        raise BadInput(f"{file} has {size // 1_000_000} MB: {LARGEST // 1_000_000} MB at most. Split it.")
    with file.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(f"{file} is an old or an encrypted Excel file. Save it as xlsx without a password, or as csv.")
    if start.startswith(b"PK"):
        with _workbook(file) as (rows, total):
            yield _headed(file, rows, total)
    else:
        yield _headed(file, _csv_rows(file), 0)


def _headed(file: Path, rows: Iterator[Row], total: int) -> tuple[Cells, Iterator[Row], int]:
    first = next(rows, None)
    if first is None:
        raise BadInput(f"{file} is empty. Its first row names the columns.")
    return first.cells, rows, total


@contextmanager
def _workbook(file: Path) -> Iterator[tuple[Iterator[Row], int]]:
    with _told_broken(file):
        _refuse_bombs(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not keep
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    try:
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise BadInput(f"{file} has no sheet.")
        total = min(sheet.max_row or 0, MOST_ROWS)
        sheet.reset_dimensions()  # what the file says of its size would widen every row
        yield _sheet_rows(file, sheet), total
    finally:
        book.close()


def _sheet_rows(file: Path, sheet: Any) -> Iterator[Row]:
    with _told_broken(file):
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > MOST_ROWS:
                raise BadInput(f"{file} has more than {MOST_ROWS} rows. Split it.")
            if len(cells) > MOST_COLUMNS:
                raise BadInput(f"{file}: row {number} has {len(cells)} columns: {MOST_COLUMNS} at most.")
            if any(cell is not None for cell in cells):
                yield Row(number, tuple(_cell(cell) for cell in cells))


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return Formula() if value.startswith("=") else value
    return value if value is None or isinstance(value, int | float | date) else Formula()


def _refuse_bombs(file: Path) -> None:
    """A zip entry never unpacks to more than its header says; a workbook has no document type, where an XML bomb would be."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED:
            raise BadInput(f"{file} unpacks to {unpacked // 1_000_000} MB in {len(parts)} parts: it is refused unread.")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(65_536):
                        raise BadInput(f"{file} has a document type in {part.filename}: it is refused unread.")


@contextmanager
def _told_broken(file: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise BadInput(
            f"{file} is no xlsx file that can be read ({type(error).__name__}). Save it again as xlsx."
        ) from None


def _csv_rows(file: Path) -> Iterator[Row]:
    text = _decoded(file)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for count, cells in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise BadInput(f"{file} has more than {MOST_ROWS} rows. Split it.")
            if len(cells) > MOST_COLUMNS:
                raise BadInput(f"{file}: row {count} has {len(cells)} columns: {MOST_COLUMNS} at most.")
            if any(cell.strip() for cell in cells):
                yield Row(count, tuple(Formula() if cell.startswith("=") else cell for cell in cells))
    except csv.Error as error:
        raise BadInput(f"{file}:{reader.line_num}: {error}. Save it again as csv.") from None


def _decoded(file: Path) -> str:
    data = file.read_bytes()
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{file} is neither UTF-8 nor GB18030. Save it as csv in UTF-8.")


def _delimiter(text: str) -> str:
    """The one that the heading has most of, outside of quotes."""
    heading = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    return max(",;\t", key=heading.count)


def write_table(file: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Writes csv (UTF-8 with a mark, which Excel needs) or xlsx, by the file's name. Cells that a spreadsheet would take for
    formulas are defused, see `defused`. Raises BadInput.
    """
    try:
        if file.suffix.lower() == ".xlsx":
            _write_workbook(file, headings, rows)
        elif file.suffix.lower() == ".csv":
            with file.open("w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerows([defused(cell) for cell in row] for row in (headings, *rows))
        else:
            raise BadInput(f"{file} is neither .xlsx nor .csv. Name it so.")
    except OSError as error:
        raise BadInput(f"{file} can't be written: {error.strerror}.") from None


def _write_workbook(file: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    for row in (headings, *rows):
        sheet.append([defused(cell) or None for cell in row])
    book.save(file)


def defused(cell: str) -> str:
    """The text with an apostrophe before it when a spreadsheet could run it (https://owasp.org/www-community/attacks/CSV_Injection).
    `fused` takes exactly this away again.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(_DANGEROUS) else cell


def fused(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_DANGEROUS) else cell
