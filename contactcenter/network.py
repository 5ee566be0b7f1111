"""The settings of the network a site stands in: SIP, who may sign in from where, and which calls may go out."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

CONTACT = re.compile(r"sip:[A-Za-z0-9][A-Za-z0-9.-]{0,99}(:(?P<port>[0-9]{1,5}))?")
CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


def network(text: str) -> str:
    """An IPv4 address or network; SIP is spoken over nothing else. Raises ValueError."""
    try:
        return str(ipaddress.IPv4Network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is neither an IPv4 address nor a network such as 203.0.113.0/24") from None


def _plain_path(text: str) -> str:
    """Asterisk ends a value at a semicolon, and a line at its end."""
    if text and not (Path(text).is_absolute() and re.fullmatch(r"[^;\x00-\x1f]+", text)):
        raise ValueError("it has to be a whole path, from / on and without a semicolon, or empty")
    return text


Port = Annotated[int, Field(ge=1, le=65535)]
Networks = list[Annotated[str, AfterValidator(network)]]
PlainPath = Annotated[str, AfterValidator(_plain_path)]
Beginning = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{1,15}$")]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sip(Section):
    address: str = Field(
        "0.0.0.0", description="the address phones and trunks reach Asterisk at; 127.0.0.1 for a try-out"
    )
    port: Port = Field(5060, description="SIP over UDP")
    rtp_first: Port = Field(10000, description="first UDP port for voice")
    rtp_last: Port = Field(10999, description="last UDP port for voice; four are needed for a conversation")
    external_address: str = Field(
        "", description="the public address of this machine, if phones come from outside a NAT"
    )
    qualify_seconds: int = Field(
        30, ge=0, le=3600, description="how often a phone is asked whether it is there; 0 for never"
    )
    trunk_addresses: list[str] = Field(
        default_factory=list,
        description="addresses or networks of providers whose calls are taken without a password",
    )
    trunk_contact: str = Field(
        "",
        description="where calls to numbers outside go, such as sip:203.0.113.5:5060; empty: whoever registered as trunk",
    )
    tls: Literal["off", "offered", "required"] = Field(
        "off",
        description="encryption of phones: signalling over TLS, voice as SRTP; offered beside UDP, or required of all phones",
    )
    tls_port: Port = Field(5061, description="SIP over TLS")
    tls_certificate: PlainPath = Field("", description="PEM file; empty: one that the site signs itself, in tls/")
    tls_key: PlainPath = Field(
        "", description="PEM file with the certificate's key, for the owner's eyes only (mode 0600)"
    )
    permit: Networks = Field(
        default_factory=list,
        description="networks that phones and the trunk with a password come from, never shut out; empty: from anywhere",
    )
    deny: Networks = Field(default_factory=list, description="networks that nobody but providers comes from")
    failed_logins: int = Field(
        10, ge=0, le=10000, description="so many wrong passwords from an address shut it out; 0: nobody is shut out"
    )
    failed_logins_seconds: int = Field(600, ge=1, le=86400, description="within so long")
    shut_out_seconds: int = Field(3600, ge=1, le=604800, description="how long nothing is taken from it then")

    @field_validator("trunk_contact")
    @classmethod
    def _known_contact(cls, value: str) -> str:
        """A host and a port and no more: Asterisk puts the dialed number before them, and trunks are spoken to over UDP alone."""
        found = CONTACT.fullmatch(value)
        if value and not (found and int(found["port"] or 5060) in range(1, 65536)):
            raise ValueError("it has to be sip:HOST or sip:HOST:PORT, such as sip:203.0.113.5:5060, or empty")
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.rtp_last - self.rtp_first < 3:
            raise ValueError("rtp_last must be at least 3 above rtp_first")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together: set both, or neither")
        return self


class Outbound(Section):
    """Calls to numbers outside: callbacks, overflow, transfer nodes, trial calls."""

    allowed_prefixes: list[Beginning] = Field(
        default_factory=list,
        description="beginnings of numbers that may be called: +852 for a country, 10086 or 80 for numbers dialed as they are; "
        "empty: all of the site's own country. Premium rate numbers only where their own beginning stands here",
    )
    hours: str = Field(
        "00:00-24:00",
        pattern=f"^{CLOCK_TIME}-({CLOCK_TIME}|24:00)$",
        description="when calls may go out, in the site's time zone, such as 08:00-21:30; 20:00-06:00 is over midnight",
    )
    most_at_once: int = Field(30, ge=0, description="most calls outside at the same time")
    most_per_hour: int = Field(300, ge=0, description="most calls outside in an hour")
    agent_most_per_hour: int = Field(60, ge=0, description="most of them in an hour for one agent to talk to")
    number_most_per_hour: int = Field(
        6, ge=0, description="most callbacks in an hour to one number: a caller can show a number of others"
    )
