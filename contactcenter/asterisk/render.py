"""Asterisk's configuration of a site, from the templates in asterisk-conf/. Files in custom/ are never touched."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contactcenter.asterisk.installation import AsteriskInstallation
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.fallback import fallback_queue
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.trunks import account_uri
from contactcenter.errors import SiteError
from contactcenter.ivr.flow import Flow
from contactcenter.resources import resource
from contactcenter.site import Site

CUSTOM = {
    "pjsip.conf": "your own PJSIP sections, and what else a provider wants in those of its trunk",
    "extensions.conf": "your own contexts",
    "trunk.conf": "your own extensions for callers, inside [trunk]",
    "agents.conf": "your own extensions for agents' phones, inside [agents]",
    "queues.conf": "your own queues of app_queue",
    "modules.conf": "more modules: require = NAME.so",
    "logger.conf": "more log files",
}

PHONES = ("pjsip.conf",)
FALLBACK = ("queues.conf", "extensions.conf")
"""What changes while Asterisk runs: the accounts of phones and trunks; who serves callers while no controller does."""

ROUND_SECONDS, ROUNDS = 5, 6
"""How long a caller of the fallback waits in the queue until the controller is asked again, and how often before the on-call
phones ring.
"""

STRATEGIES = {
    "round_robin": "rrmemory",
    "broadcast": "ringall",
    "longest_idle": "leastrecent",
    "least_load": "fewestcalls",
    "fewest_calls": "fewestcalls",
    "by_skill": "leastrecent",
}
"""Ours -> the one of app_queue that is most like it. Member levels are its penalties."""

DEFAULTS = ("acl", "ccss", "cel", "features", "pjproject", "queuerules", "udptl")
"""Files that Asterisk misses aloud, though nothing need be said in them."""


def render(
    site: Site,
    settings: Settings,
    secrets: Secrets,
    configuration: Configuration,
    *,
    flows: Mapping[str, Flow],
    installation: AsteriskInstallation,
) -> Path:
    """Writes the site's Asterisk configuration and folders; returns asterisk.conf. Raises SiteError if that fails."""
    values = {**_values(site, settings, secrets, configuration, flows), "installation": installation}
    try:
        _make_folders(site, installation)
        environment = _environment()
        for template in environment.list_templates(extensions=["j2"]):
            _write_private(
                site.asterisk / template.removesuffix(".j2"), environment.get_template(template).render(values)
            )
        for name in DEFAULTS:
            _write_private(site.asterisk / f"{name}.conf", "; nothing is set: the defaults of Asterisk\n")
    except OSError as error:
        raise SiteError(f"{error.filename or site.asterisk} can't be written: {error.strerror}.") from None
    return site.asterisk / "asterisk.conf"


def render_some(
    names: Iterable[str],
    site: Site,
    settings: Settings,
    secrets: Secrets,
    configuration: Configuration,
    *,
    flows: Mapping[str, Flow],
) -> None:
    """Writes these files alone, of PHONES or FALLBACK. Raises SiteError."""
    environment, values = _environment(), _values(site, settings, secrets, configuration, flows)
    try:
        for name in names:
            _write_private(site.asterisk / name, environment.get_template(f"{name}.j2").render(values))
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


def _values(
    site: Site, settings: Settings, secrets: Secrets, configuration: Configuration, flows: Mapping[str, Flow]
) -> dict[str, object]:
    serving = {
        hotline.number: configuration.queues[name]
        for hotline in configuration.hotlines.values()
        if (name := fallback_queue(hotline, configuration, flows)) is not None
    }
    return {
        "site": site,
        "settings": settings,
        "secrets": secrets,
        "agents": list(configuration.agents.values()),
        "trunks": list(configuration.trunks.values()),
        "queues": list(configuration.queues.values()),
        "fallback_queues": serving,
        "strategies": STRATEGIES,
        "round_seconds": ROUND_SECONDS,
        "rounds": ROUNDS,
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


def _write_private(file: Path, text: str) -> None:
    """Passwords are inside: for the owner's eyes only."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
