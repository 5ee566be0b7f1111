"""Where providers and phones are: the addresses that are always let in, and those that are never shut out."""

import logging
import socket
from collections.abc import Iterator
from ipaddress import IPv4Network

from contactcenter.config import Settings
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.trunks import sources

log = logging.getLogger(__name__)


def exempt(settings: Settings, configuration: Configuration) -> Iterator[IPv4Network]:
    """Networks that are never shut out: those that [sip] permit names, and providers'."""
    yield from (IPv4Network(network) for network in settings.sip.permit)
    yield from (source for source in _sources(settings, configuration) if isinstance(source, IPv4Network))


def providers(settings: Settings, configuration: Configuration) -> list[IPv4Network]:
    """Where providers' requests come from. Asks the DNS for those known by name, so not for the event loop."""
    found: list[IPv4Network] = []
    for source in _sources(settings, configuration):
        found += [source] if isinstance(source, IPv4Network) else _resolve(source)
    return found


def _sources(settings: Settings, configuration: Configuration) -> Iterator[str | IPv4Network]:
    for trunk in configuration.trunks.values():
        yield from sources(trunk)
    for text in settings.sip.trunk_addresses:
        try:
            yield IPv4Network(text, strict=False)
        except ValueError:
            yield text


def _resolve(name: str) -> list[IPv4Network]:
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as error:
        log.warning("provider %s has no address now, so nothing is taken from it: %s", name, error)
        return []
    return [IPv4Network(address[0]) for *_, address in found]
