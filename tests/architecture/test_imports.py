"""Imports go down the house, and each outside library is known to one package."""

import logging
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[2]

ONLY = {
    "sqlalchemy": "store",
    "alembic": "store",
    "aiohttp": "web",
    "click": "cli",
    "prometheus_client": "monitoring",
    "rich": "cli",
    "panoramisk": "asterisk",
    "jinja2": "asterisk",
    "phonenumbers": "customers",
    "openpyxl": "customers",
    "pydub": "prompts",
    "sortedcontainers": "acd",
    "holidays": "hours",
}
"""Library -> the one package or module of contactcenter that may import it."""

EXCEPTIONS = {
    ("contactcenter.cli.context", "sqlalchemy"),  # for the type of the engine it hands to repositories
}
"""May only shrink."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("contactcenter", include_external_packages=True, cache_dir=None)


def importers(graph: grimp.ImportGraph, library: str) -> Iterator[tuple[str, str]]:
    for module in graph.find_modules_that_directly_import(library):
        yield module, library


@pytest.fixture
def logging_kept() -> Iterator[None]:
    """import-linter configures logging for its own program: it disables every logger there is."""
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    yield
    for one in loggers:
        one.disabled = False


@pytest.mark.usefixtures("logging_kept")
def test_the_layers_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True)
    said = capsys.readouterr().out
    assert status == EXIT_STATUS_SUCCESS, said
    assert "1 kept, 0 broken" in said


def test_each_library_is_known_to_one_package(graph: grimp.ImportGraph) -> None:
    strangers = {
        (module, library)
        for library, home in ONLY.items()
        for module, _ in importers(graph, library)
        if module.split(".")[1] != home
    }
    assert strangers == EXCEPTIONS


@pytest.mark.parametrize("library", sorted(ONLY))
def test_each_library_is_used_where_it_belongs(graph: grimp.ImportGraph, library: str) -> None:
    home = f"contactcenter.{ONLY[library]}"
    assert any(f"{module}.".startswith(f"{home}.") for module, _ in importers(graph, library))


PURE = (
    "hours.calendar",
    "hours.edit",
    "hours.plain",
    "hours.table",
    "routing.rules",
    "acd.engine",
    "acd.inputs",
    "acd.change",
    "acd.check",
    "acd.overflow",
    "acd.strategies",
    "agents.states",
    "calls.record",
    "reports.queue_log",
)


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_does_no_io_and_reads_no_clock(graph: grimp.ImportGraph, module: str) -> None:
    """Not even through others: an engine that can be replayed may know neither sockets nor loops nor files."""
    impure = {"asyncio", "socket", "subprocess", "time", "random", "os", "threading", "contactcenter.clock"}
    name = f"contactcenter.{module}"
    reached = {name, *graph.find_upstream_modules(name)}
    assert reached & impure == set()
