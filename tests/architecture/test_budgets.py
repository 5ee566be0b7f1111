"""Small files, small functions, and a docstring everywhere. The allow-lists may only shrink."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES, WANTED_LINES, FUNCTION_LINES, JOURNEY_LINES = 500, 300, 60, 150

OVER_THE_BUDGET: dict[str, int] = {}
"""Files over FILE_LINES and how long they are."""

OVER_THE_WISH = {
    "contactcenter/asterisk/ami.py": 311,
    "contactcenter/events.py": 500,  # the one list of facts: it grows with every room
}
"""Files of the package over WANTED_LINES, for which nobody found the seam yet."""

LONG_FUNCTIONS: dict[str, int] = {}
"""FILE::FUNCTION over FUNCTION_LINES. Migrations that alembic wrote are not counted."""


def sources(*folders: str) -> list[Path]:
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert found
    return sorted(found)


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def length(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(file)}::{node.name}", (node.end_lineno or 0) - node.lineno + 1


def exceeding(lengths: dict[str, int], most: int, allowed: dict[str, int]) -> list[str]:
    """What is too long, and what an allow-list allows without need."""
    wrong = [f"{name}: {n} lines" for name, n in lengths.items() if n > allowed.get(name, most)]
    return wrong + [f"{name}: take it off the list" for name in allowed if lengths.get(name, 0) <= most]


def test_no_file_is_over_500_lines() -> None:
    lengths = {name_of(file): length(file) for file in sources("contactcenter", "scripts", "tests")}
    assert exceeding(lengths, FILE_LINES, OVER_THE_BUDGET) == []


def test_files_of_the_package_are_about_300_lines_at_most() -> None:
    lengths = {name_of(file): length(file) for file in sources("contactcenter")}
    assert exceeding(lengths, WANTED_LINES, OVER_THE_WISH) == []


def test_no_function_is_over_60_lines() -> None:
    files = [file for file in sources("contactcenter", "scripts", "tests") if "versions" not in file.parts]
    lengths: dict[str, int] = {}
    for file in files:
        for name, lines in functions(file):
            lengths[name] = max(lines, lengths.get(name, 0))
    assert exceeding(lengths, FUNCTION_LINES, LONG_FUNCTIONS) == []


def test_the_journey_is_read_on_three_pages() -> None:
    assert length(ROOT / "contactcenter" / "journey.py") <= JOURNEY_LINES


def test_every_module_says_what_it_is() -> None:
    without = [
        name_of(file)
        for file in sources("contactcenter")
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert without == []


def test_no_file_is_an_empty_placeholder() -> None:
    empty = [
        name_of(file)
        for file in sources("contactcenter")
        if len(ast.parse(file.read_text(encoding="utf-8")).body) < 2 and file.name != "__init__.py"
    ]
    assert empty == []
