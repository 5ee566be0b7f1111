"""What all callers' lines of a site share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.lines import AsteriskLines
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.clock import Clock
from contactcenter.outbound import OutboundCalls


@dataclass(frozen=True, slots=True)
class Exchange:
    """addresses: where Dial finds a number, see translate.addresses_of; outbound: holds calls outside to the rule."""

    ami: AmiClient
    events: AmiEvents
    lines: AsteriskLines
    clock: Clock
    addresses: Callable[[str], Sequence[str]]
    outbound: OutboundCalls
