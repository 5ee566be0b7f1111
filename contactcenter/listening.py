"""The ports that a site listens on."""

import socket

from contactcenter.config import Settings
from contactcenter.errors import SiteError


def ports_of(settings: Settings) -> dict[str, tuple[str, int, socket.SocketKind]]:
    """Setting -> (address, port, kind) of everything a site listens on, without the voice ports."""
    tcp, udp, loopback = socket.SOCK_STREAM, socket.SOCK_DGRAM, "127.0.0.1"
    tls = {"[sip] tls_port": (settings.sip.address, settings.sip.tls_port, tcp)} if settings.sip.tls != "off" else {}
    return {
        "[sip] port": (settings.sip.address, settings.sip.port, udp),
        **tls,
        "[ports] http": (loopback, settings.ports.http, tcp),
        "[ports] ami": (loopback, settings.ports.ami, tcp),
        "[ports] agi": (loopback, settings.ports.agi, tcp),
    }


def check_ports(settings: Settings) -> None:
    """Raises SiteError naming each port that is in use or can't be had."""
    wrong = []
    for name, (address, port, kind) in ports_of(settings).items():
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                wrong.append(f"{name}: {address}:{port} {(error.strerror or str(error)).lower()}")
    if wrong:
        raise SiteError(f"{'; '.join(wrong)}. End the other program, or set another port in contactcenter.toml.")
