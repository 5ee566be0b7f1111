"""Asterisk's configuration of a site, from the templates in asterisk-conf/. Files in custom/ are never touched."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contactcenter.asterisk.installation import AsteriskInstallation
from contactcenter.asterisk.translate import TECHNOLOGY
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.trunks import account_uri
from contactcenter.errors import SiteError
from contactcenter.resources import resource
from contactcenter.secrecy import write_private
from contactcenter.site import Site

CUSTOM = {
    "pjsip.conf": "your own PJSIP sections, and what else a provider wants in those of its trunk",
    "extensions.conf": "your own contexts",
    "trunk.conf": "your own extensions for callers, inside [trunk]",
    "agents.conf": "your own extensions for agents' phones, inside [agents]",
    "modules.conf": "more modules: require = NAME.so",
    "logger.conf": "more log files",
}

PHONES = "pjsip.conf"

DEFAULTS = ("acl", "ccss", "cel", "features", "pjproject", "udptl")
"""Files that Asterisk misses aloud, though nothing need be said in them."""


def render(
    site: Site,
    settings: Settings,
    secrets: Secrets,
    configuration: Configuration,
    installation: AsteriskInstallation,
) -> Path:
    """Writes the site's Asterisk configuration and folders; returns asterisk.conf. Raises SiteError if that fails."""
    values = {**_values(site, settings, secrets, configuration), "installation": installation}
    try:
        _make_folders(site, installation)
        environment = _environment()
        for template in environment.list_templates(extensions=["j2"]):
            write_private(
                site.asterisk / template.removesuffix(".j2"), environment.get_template(template).render(values)
            )
        for name in DEFAULTS:
            write_private(site.asterisk / f"{name}.conf", "; nothing is set: the defaults of Asterisk\n")
    except OSError as error:
        raise SiteError(f"{error.filename or site.asterisk} can't be written: {error.strerror}.") from None
    return site.asterisk / "asterisk.conf"


def render_phones(site: Site, settings: Settings, secrets: Secrets, configuration: Configuration) -> None:
    """Writes what changes while Asterisk runs: the accounts of phones and trunks. Raises SiteError."""
    text = _environment().get_template(f"{PHONES}.j2").render(_values(site, settings, secrets, configuration))
    try:
        write_private(site.asterisk / PHONES, text)
    except OSError as error:
        raise SiteError(f"{error.filename or site.asterisk} can't be written: {error.strerror}.") from None


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("asterisk-conf")),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (configuration files, no HTML; names pass through `plain`)
    )
    environment.filters["plain"] = plain
    environment.filters["account"] = account_uri
    return environment


def _values(site: Site, settings: Settings, secrets: Secrets, configuration: Configuration) -> dict[str, object]:
    return {
        "site": site,
        "settings": settings,
        "secrets": secrets,
        "agents": list(configuration.agents.values()),
        "trunks": list(configuration.trunks.values()),
        "on_call": "&".join(f"{TECHNOLOGY}{number}" for number in settings.fallback.on_call),
    }


def plain(text: str) -> str:
    """A name that can't end its line or become a comment in Asterisk's configuration."""
    return re.sub(r"[^\w .()-]", "", text).strip()


def _make_folders(site: Site, installation: AsteriskInstallation) -> None:
    for folder in (
        site.asterisk / "custom",
        site.asterisk / "var",
        site.asterisk / "spool",
        site.asterisk / "data",
        site.log / "cdr-csv",
        site.run,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for name, what in CUSTOM.items():
        file = site.asterisk / "custom" / name
        if not file.exists():
            file.write_text(f"; {what}\n")
    _link(site.asterisk / "data" / "sounds", site.sounds)
    _link(site.asterisk / "data" / "documentation", installation.data / "documentation")


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)
