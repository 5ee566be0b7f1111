"""What every command needs of the site it speaks of."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.config import Settings, read_settings
from contactcenter.configuration.models import Configuration
from contactcenter.errors import ControllerUnreachable, SiteError
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import check_revision, open_database
from contactcenter.supervisor import client_of

T = TypeVar("T")


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

    def ask_controller(self, path: str) -> Any | None:
        """What the running controller says, or None when it is down."""
        try:
            return asyncio.run(client_of(self.site).get(path))
        except ControllerUnreachable:
            return None

    def tell_controller(self, path: str, **query: str) -> Any:
        return asyncio.run(client_of(self.site).post(path, **query))


pass_context = click.make_pass_decorator(Context)
