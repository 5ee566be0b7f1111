"""Trunks against each other and against what Asterisk can do with them. A pure check; what is wrong is said in one line."""

import ipaddress
from collections.abc import Iterable

from contactcenter.configuration.models import Trunk
from contactcenter.errors import BadInput

Network = ipaddress.IPv4Network
WIDEST = 8
"""Bits of the widest network that a trunk's calls may come from: from a wider one, half the world could call."""


def check_trunks(trunks: Iterable[Trunk]) -> None:
    """Raises BadInput for the first trunk that can't work, or whose calls could be taken for another's."""
    claimed: dict[str | Network, str] = {}
    for trunk in trunks:
        _check_trunk(trunk)
        for source in sources(trunk):
            for other, owner in claimed.items():
                if _overlap(source, other):
                    raise BadInput(
                        f"trunk {trunk.name}: calls from {source} would be those of trunk {owner} ({other}) as well. "
                        "Give each its own addresses."
                    )
        claimed |= dict.fromkeys(sources(trunk), trunk.name)


def sources(trunk: Trunk) -> tuple[str | Network, ...]:
    """Where a trunk's calls come from: its addresses, or else its host. Raises BadInput."""
    return tuple(_network(trunk, text) for text in trunk.addresses) or ((_host(trunk),) if trunk.host else ())


def account_uri(trunk: Trunk) -> str:
    """The SIP address that a trunk registers. A username with @ has its domain in it."""
    return f"sip:{trunk.username}" if "@" in trunk.username else f"sip:{trunk.username}@{trunk.host}"


def _check_trunk(trunk: Trunk) -> None:
    where = f"trunk {trunk.name}"
    if trunk.kind == "registration" and not (trunk.host and trunk.username):
        missing = "host" if not trunk.host else "username"
        raise BadInput(f"{where}: a registration needs a {missing}. Say {missing}=..., or kind=ip")
    if trunk.kind == "ip" and not (trunk.host or trunk.addresses):
        raise BadInput(f"{where}: nothing says where its calls come from. Say host=... or addresses=...")
    if trunk.username.count("@") > 1 or not all(trunk.username.split("@") if trunk.username else "-"):
        raise BadInput(f"{where}: username {trunk.username!r} is neither USER nor USER@DOMAIN.")
    if trunk.host:
        _host(trunk)


def _host(trunk: Trunk) -> str | Network:
    where = f"trunk {trunk.name}: host {trunk.host!r}"
    if ":" in trunk.host:
        raise BadInput(f"{where} has to be a name or an IPv4 address; a port goes into port=")
    if trunk.host.replace(".", "").isdigit():
        try:
            return Network(trunk.host)
        except ValueError:
            raise BadInput(f"{where} is no IPv4 address.") from None
    return trunk.host.lower().rstrip(".")


def _network(trunk: Trunk, text: str) -> Network:
    where = f"trunk {trunk.name}: address {text!r}"
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadInput(f"{where} is neither an address nor a network such as 203.0.113.0/24.") from None
    if isinstance(network, ipaddress.IPv6Network):
        raise BadInput(f"{where}: only IPv4 is spoken to trunks. Use the provider's IPv4 address.")
    if network.prefixlen < WIDEST:
        raise BadInput(f"{where} is too wide: whoever is in it calls without a password. Use /{WIDEST} or narrower.")
    return network


def _overlap(one: str | Network, other: str | Network) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one.overlaps(other)
