"""`scripts/bench customers`: importing a large file of customers, and looking a caller up in what it made."""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner
from rich.table import Table

from contactcenter.cli.main import main
from contactcenter.config import read_settings
from contactcenter.customers.sheets import write_table
from contactcenter.site import Site
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import open_database
from rig.bench_common import console, machine, percentile, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

GOAL_SECONDS, GOAL_LOOKUP_MS = 60.0, 2.0
HEADINGS = (
    *("公司", "客户组", "级别", "套餐", "产品", "版本", "地区", "合同", "服务开始", "服务结束", "CRM编号"),
    *("联系人", "电话", "邮箱", "微信"),
)


def rows(count: int, people: int) -> Iterator[list[str]]:
    """A row for each contact, `people` of them in each company."""
    for number in range(count):
        company = number // people
        yield [
            f"公司{company}有限公司",
            f"集团{company % 50}",
            ("标准", "VIP", "超级VIP")[company % 3],
            "金牌",
            "财务软件; 进销存",
            "12.0; 3.1",
            "华东",
            f"HT{company}",
            "2026/1/1",
            "2027年12月31日",
            f"C{company}",
            f"联系人{number}",
            f"138{number:08d}",
            f"a{number}@example.com",
            f"wx{number}",
        ]


def command(site: Path, *words: str) -> tuple[float, float]:
    """Seconds that a command took, and those of CPU."""
    started, used = time.perf_counter(), time.process_time()
    result = CliRunner().invoke(main, ["--site", str(site), *words], catch_exceptions=False)
    if result.exit_code:
        raise SystemExit(result.output)
    return time.perf_counter() - started, time.process_time() - used


class Writer(threading.Thread):
    """Writes beside the import as the controller does, and remembers the longest wait for the database, in seconds."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self.file, self.longest, self.end = file, 0.0, threading.Event()

    def run(self) -> None:
        connection = sqlite3.connect(self.file, timeout=120)
        while not self.end.wait(0.05):
            started = time.perf_counter()
            with connection:
                connection.execute("INSERT INTO facts (at, kind, data) VALUES ('2026-11-25', 'Bench', '{}')")
            self.longest = max(self.longest, time.perf_counter() - started)
        connection.close()


async def lookups(site: Path, contacts: int, count: int) -> list[float]:
    """Milliseconds of each of so many lookups of a number by chance, through the thread that calls use."""
    database = open_database(Site.at(site).database_url(read_settings(site)))
    book, chance, found = CustomerRepository(database), random.Random(1), []
    for _ in range(count):
        number = f"+86138{chance.randrange(contacts):08d}"
        started = time.perf_counter()
        customer = await book.by_number(number)
        found.append((time.perf_counter() - started) * 1000)
        if customer is None:
            raise SystemExit(f"{number} was not found")
    await database.dispose()
    return found[1:]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--contacts", type=whole_number(100), default=100_000, help="rows of the file")
    parser.add_argument("--people", type=whole_number(1), default=1, help="contacts of each company")
    parser.add_argument("--lookups", type=whole_number(100), default=5000)
    parser.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")


async def customers(options: argparse.Namespace) -> int:
    """Time of importing a file of customers with somebody else writing beside it, again, exported; and of looking up a caller."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        site, file = Path(folder) / "site", Path(folder) / f"customers.{options.format}"
        await asyncio.to_thread(command, site, "init", str(site))
        write_table(file, HEADINGS, rows(options.contacts, options.people))
        beside = Writer(site / "data" / "contactcenter.db")
        beside.start()
        first = await asyncio.to_thread(command, site, "customer", "import", str(file), "--yes")
        beside.end.set()
        beside.join()
        again = await asyncio.to_thread(command, site, "customer", "import", str(file), "--yes")
        export = await asyncio.to_thread(command, site, "customer", "export", f"{folder}/out.{options.format}")
        times = await lookups(site, options.contacts, options.lookups)
    table = Table("what", "measured", "CPU", "goal", title=f"{options.contacts} rows as {options.format}; {machine()}")
    table.add_row("import, all new", f"{first[0]:.1f} s", f"{first[1]:.1f} s", f"{GOAL_SECONDS:g} s")
    table.add_row("longest wait of another writer meanwhile", f"{beside.longest:.2f} s", "", "5 s")
    table.add_row("import again, nothing new", f"{again[0]:.1f} s", f"{again[1]:.1f} s", f"{GOAL_SECONDS:g} s")
    table.add_row("export", f"{export[0]:.1f} s", f"{export[1]:.1f} s", "")
    for name, percent in (("median", 50), ("p99", 99), ("slowest", 100)):
        table.add_row(
            f"lookup of a number, {name}", f"{percentile(times, percent):.3f} ms", "", f"{GOAL_LOOKUP_MS:g} ms"
        )
    console.print(table)
    console.print(f"measured {datetime.now(UTC):%Y-%m-%d}")
    return 0
