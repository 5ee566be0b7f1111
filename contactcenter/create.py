"""Making a new site: a folder that is whole, or none."""

import asyncio
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from contactcenter.config import SECRETS, Secrets, Settings, write_secrets, write_settings
from contactcenter.resources import resource
from contactcenter.sample import ON_CALL, first_rows, sample_rows
from contactcenter.site import Site, made_whole
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.moving import require_empty


def create_site(folder: Path, settings: Settings, sample: bool, database_password: str = "") -> Site:
    """Makes the folder with settings, secrets, dialplans, sounds and database.

    Raises BadInput when the folder is a site or not empty, SiteError when it can't be written, StoreError.
    """
    with made_whole(folder) as unfinished:
        _fill(unfinished, settings, sample, database_password)
    return Site(folder.resolve())


def new_password() -> str:
    """96 bits, in letters and digits that survive every configuration file and softphone."""
    return secrets.token_hex(12)


def _fill(site: Site, settings: Settings, sample: bool, database_password: str) -> None:
    shutil.copytree(resource("dialplans"), site.dialplans)
    shutil.copytree(resource("sounds"), site.sounds)
    if sample:
        settings = settings.model_copy(update={"fallback": settings.fallback.model_copy(update={"on_call": ON_CALL})})
    write_settings(site.path, settings)
    write_secrets(
        site.path,
        Secrets(
            ami_secret=new_password(),
            api_token=new_password(),
            trunk_password=new_password(),
            webhook_secret=new_password(),
            database_password=database_password,
        ),
    )
    assert (site.path / SECRETS).stat().st_mode & 0o077 == 0  # noqa: S101 (a secret readable by others is our mistake)
    url = site.database_url(settings)
    if settings.database:
        require_empty(url)
    migrate(url)
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    rows = sample_rows(today, settings.timezone, new_password) if sample else first_rows(settings.timezone)
    asyncio.run(_insert(url, rows))


async def _insert(url: str, rows: dict[str, list[dict[str, object]]]) -> None:
    database = open_database(url)
    try:
        await ConfigurationRepository(database).insert(rows)
    finally:
        await database.dispose()
