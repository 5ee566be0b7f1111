"""Making a new site: a folder that is whole, or none."""

import asyncio
import re
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from contactcenter.config import SECRETS, Secrets, Settings, write_secrets, write_settings
from contactcenter.errors import BadInput, ContactCenterError, SiteError
from contactcenter.resources import resource
from contactcenter.sample import ON_CALL, first_rows, sample_rows
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.moving import require_empty

UNSAFE = "; \" ' \\ | , & $ ( ) { } [ ]"
PATH = re.compile(r"[^;\"'\\|,&$(){}\[\]\x00-\x1f]{1,200}")


def create_site(folder: Path, settings: Settings, sample: bool, database_password: str = "") -> Site:
    """Makes the folder with settings, secrets, dialplans, sounds and database.

    Raises BadInput when the folder is there and not empty, SiteError when it can't be written, StoreError.
    """
    folder = folder.resolve()
    if not PATH.fullmatch(str(folder)):
        raise BadInput(
            f"{folder} can't be a site: Asterisk reads {UNSAFE} in a path otherwise, and takes 200 characters at most."
        )
    unfinished = folder.with_name(f".{folder.name}.new")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise BadInput(f"{folder} is not empty. Name a new folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        _fill(Site(unfinished), settings, sample, database_password)
        folder.mkdir(exist_ok=True)
        for part in unfinished.iterdir():
            part.rename(folder / part.name)
        unfinished.rmdir()
    except ContactCenterError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise SiteError(
            f"{folder} can't be made: {error.strerror or error}. Name a folder that this user may write."
        ) from None
    return Site(folder)


def new_password() -> str:
    """96 bits, in letters and digits that survive every configuration file and softphone."""
    return secrets.token_hex(12)


def _fill(site: Site, settings: Settings, sample: bool, database_password: str) -> None:
    site.path.mkdir()
    for part in (site.data, site.recordings, site.asterisk, site.log, site.run):
        part.mkdir(mode=0o700)
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
