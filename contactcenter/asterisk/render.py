"""Asterisk's configuration of a site, from the templates in asterisk-conf/. Files in custom/ are never touched."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contactcenter.asterisk.certificate import files_of
from contactcenter.asterisk.installation import AsteriskInstallation
from contactcenter.asterisk.networks import providers
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.fallback import fallback_queue
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.trunks import account_uri
from contactcenter.errors import SiteError
from contactcenter.ivr.flow import Flow
from contactcenter.resources import resource
from contactcenter.secrecy import write_private
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
NETWORKS = "pjsip_acl.conf"

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
    values = {
        **_values(site, settings, secrets, configuration, flows),
        "installation": installation,
        "providers": _providers(settings, configuration),
        "shut_out": (),
    }
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
    values = _values(site, settings, secrets, configuration, flows)
    for name in names:
        _render_again(site, name, values)


def render_networks(site: Site, settings: Settings, configuration: Configuration, shut_out: Iterable[str]) -> None:
    """Writes who is let in, and who is shut out now. Raises SiteError."""
    values = {"settings": settings, "providers": _providers(settings, configuration), "shut_out": shut_out}
    _render_again(site, NETWORKS, values)


def _render_again(site: Site, name: str, values: Mapping[str, object]) -> None:
    text = _environment().get_template(f"{name}.j2").render(values)
    try:
        write_private(site.asterisk / name, text)
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


def _providers(settings: Settings, configuration: Configuration) -> list[IPv4Network]:
    """Asked for only where somebody is kept out."""
    return providers(settings, configuration) if settings.sip.permit or settings.sip.deny else []


def _values(
    site: Site, settings: Settings, secrets: Secrets, configuration: Configuration, flows: Mapping[str, Flow]
) -> dict[str, object]:
    certificate, key = files_of(site, settings.sip)
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
        "certificate": certificate,
        "key": key,
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
