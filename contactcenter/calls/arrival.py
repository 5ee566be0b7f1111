"""What is known of a call when it arrives."""

from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """caller: E.164, an agent's extension, or "" when it is withheld or unusable; raw_caller, caller_name: as the trunk sent
    them, without control characters, cut to 40 characters; trunk: which it came over, "" for that of contactcenter.toml.
    """

    hotline: str
    caller: str
    raw_caller: str = ""
    caller_name: str = ""
    trunk: str = ""

    def fields(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Return:
    """What Asterisk knows of a call that comes again, because the controller that had it has ended.

    bridged: caller and agent were connected; left_at: when the other controller, or the conversation, ended; transferred_to: what
    the agent dialed meanwhile to hand the caller over, "" when that did not happen.
    """

    bridged: bool
    left_at: datetime
    transferred_to: str = ""
