"""Everything that admins set, and the whole of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contactcenter.acd.settings import QueueSettings
from contactcenter.hours.calendar import Calendar
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.routing.rules import Rule

Title = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Secret = Annotated[str, StringConstraints(pattern=r"^[\x21-\x3a\x3c-\x7e]{0,64}$")]
"""No spaces and no semicolon, which begins a comment in Asterisk's files."""
Host = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9.:-]{0,99})?$")]
Skill = Annotated[str, StringConstraints(pattern=r"^[^\s,\x00-\x1f]{1,40}$")]


@dataclass(frozen=True, slots=True)
class Agent:
    """number: the extension, and the SIP user; skills: what rules may ask for."""

    number: AgentNumber
    name: Title
    sip_password: Secret = field(default="", repr=False)
    skills: tuple[Skill, ...] = ()


@dataclass(frozen=True, slots=True)
class Hotline:
    """number: as the trunk sends it; language: of the prompts, until the flow chooses another; fallback: the queue whose agents
    serve its callers while no controller is there, "" for the one that the flow leads to, see configuration/fallback.py.
    """

    number: str
    title: Title = ""
    calendar: str = "always"
    flow: str = "main"
    language: Literal["zh", "en"] = "zh"
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way to a provider. kind: `registration` signs in at host with username and password; `ip` is known by its addresses.

    addresses: where its calls come from, addresses or networks (none: host); strip: a beginning that is taken off callers'
    numbers; region: the country of numbers without a country code (none: the site's); outgoing: calls to numbers outside may
    take it, the first of them that can.
    """

    name: str
    kind: Literal["registration", "ip"] = "ip"
    host: Host = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+._@-]{0,80}$")] = ""
    password: Secret = field(default="", repr=False)
    addresses: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:/]{2,50}$")], ...] = ()
    strip: Annotated[str, StringConstraints(pattern=r"^[+0-9*#]{0,10}$")] = ""
    region: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    outgoing: bool = True
    title: Title = ""


@dataclass(frozen=True, slots=True)
class FlowText:
    """A flow as it was published. version: 1 for the first."""

    name: str
    text: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole, consistent reading of what admins have set. revision: of the last change; rules in their order."""

    agents: dict[AgentNumber, Agent] = field(default_factory=dict)
    queues: dict[QueueName, QueueSettings] = field(default_factory=dict)
    hotlines: dict[str, Hotline] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    routes: dict[str, Rule] = field(default_factory=dict)
    flows: dict[str, FlowText] = field(default_factory=dict)
    revision: int = 0


Operation = Callable[[Configuration], Configuration]
"""A change as a function, since it may have to be made again when somebody else was faster. Raises BadInput."""

Check = Callable[[Configuration, Configuration], object]
"""Takes a configuration and what is to become of it. Raises BadInput."""
