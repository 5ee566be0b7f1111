"""What a simulated caller will do, and what they heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HangUp:
    """When the caller hangs up: `after` seconds into the nth time of a scene.

    scene: "prompt NAME" (while it plays), "keying NAME" (in the silence after it), "music", "ringing" or "ringing AGENT",
    "talking" or "talking AGENT". A scene that is over sooner passes without a hang-up.
    """

    scene: str
    after: float = 0.0
    nth: int = 1


@dataclass(frozen=True, slots=True)
class CallerScript:
    """keys: prompt -> what is keyed each time it asks ("" for nothing), key_after seconds into it; afterwards nothing."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hang_up: HangUp | None = None
    key_after: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """what: a prompt's name, "music", "ringing AGENT", "talking AGENT". cut: a prompt that was stopped before its end."""

    at: datetime
    what: str
    cut: bool = False

    def __str__(self) -> str:
        return f"{self.what} (cut)" if self.cut else self.what
