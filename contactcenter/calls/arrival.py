"""What is known of a call when it arrives."""

from dataclasses import asdict, dataclass


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
