"""What every command needs of the site it speaks of."""

import asyncio
import contextlib
import getpass
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Item
from contactcenter.clock import SystemClock
from contactcenter.config import Settings, read_settings
from contactcenter.configuration.difference import difference
from contactcenter.configuration.kinds import SECRET
from contactcenter.configuration.models import Configuration, Operation
from contactcenter.dialplan import check_change, prompts, spoken_texts
from contactcenter.errors import BadInput, ControllerUnreachable, SiteError
from contactcenter.events import Fact
from contactcenter.secrecy import masked
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import check_revision, open_database
from contactcenter.store.writer import write_facts
from contactcenter.web.client import client_of

T = TypeVar("T")
ARGUMENTS = "contactcenter.arguments"
"""The key in click's meta under which main keeps the words of the command."""


@dataclass(frozen=True, slots=True)
class Changed:
    """items: what differs; live: whether a running controller has it in force (False: it does not answer, and takes it when it starts)."""

    items: tuple[Item, ...]
    configuration: Configuration
    live: bool = False


class Context:
    """The site named by --site or CONTACTCENTER_SITE, read when first needed."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @cached_property
    def site(self) -> Site:
        if self._path is None:
            raise SiteError("which site? Say --site DIR, or set CONTACTCENTER_SITE.")
        return Site.at(self._path)

    @cached_property
    def settings(self) -> Settings:
        return read_settings(self.site.path)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    @property
    def author(self) -> Author:
        """Who gives this command, from where, and its words."""
        who = os.environ.get("SUDO_USER") or _user()
        remote = os.environ.get("SSH_CLIENT", "").partition(" ")[0]
        origin = f"command line on {socket.gethostname()}" + (f", from {remote}" if remote else "")
        return Author(who, origin, _command(click.get_current_context().meta.get(ARGUMENTS, [])))

    def read(self, ask: Callable[[AsyncEngine], Awaitable[T]]) -> T:
        """Asks the store, also when the controller is down."""

        async def work() -> T:
            url = self.site.database_url(self.settings)
            await check_revision(url)
            database = open_database(url)
            try:
                return await ask(database)
            finally:
                await database.dispose()

        return asyncio.run(work())

    def configuration(self) -> Configuration:
        return self.read(lambda database: ConfigurationRepository(database).load())

    def change(self, operation: Operation, *, dry_run: bool = False, undoes: int | None = None) -> Changed:
        """Makes a change of the configuration that holds, and has the running controller take it.

        dry_run: everything but the change. Raises BadInput, NotFound, StoreError, with nothing changed.
        """
        check = partial(
            check_change,
            prompts=prompts(self.site),
            texts=partial(spoken_texts, self.site),
            settings=self.settings,
        )
        if dry_run:
            before = self.configuration()
            after = operation(before)
            check(before, after)
            return Changed(difference(before, after), after)
        author, now = self.author, SystemClock().now()
        configuration, items = self.read(
            lambda database: ConfigurationRepository(database).change(operation, check, author, now, undoes)
        )
        return Changed(items, configuration, self._tell(configuration.revision) if items else False)

    def record(self, facts: Sequence[Fact]) -> None:
        """Writes facts of this command, and has a running controller know of them."""
        self.read(lambda database: write_facts(database, facts))
        self.forget()

    def forget(self) -> None:
        """Has a running controller read again what it remembers of calls."""
        with contextlib.suppress(ControllerUnreachable):
            self.tell_controller("calls/forget")

    def _tell(self, revision: int) -> bool:
        try:
            return bool(asyncio.run(client_of(self.site).post("reload"))["revision"] >= revision)
        except ControllerUnreachable:
            return False
        except BadInput as error:
            raise SiteError(f"it is stored, but the running controller does not take it: {error}") from error

    def ask_controller(self, path: str, **query: str) -> Any | None:
        """What the running controller says, or None when it is down."""
        try:
            return asyncio.run(client_of(self.site).get(path, **query))
        except ControllerUnreachable:
            return None

    def tell_controller(self, path: str, **query: str) -> Any:
        return asyncio.run(client_of(self.site).post(path, **query))


def _user() -> str:
    """The user's name; in a container, a user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _command(words: list[str]) -> str:
    """The words of a command without the site and without secrets."""
    shown: list[str] = []
    skip = False
    for word in words:
        name, equals, _ = word.partition("=")
        if skip or name == "--site":
            skip = name == "--site" and not equals
        elif equals and name.lstrip("-") in SECRET:
            shown.append(f"{name}=***")
        else:
            said = masked(word)
            shown.append(f"'{said}'" if " " in said else said)
    return " ".join(shown)


pass_context = click.make_pass_decorator(Context)
