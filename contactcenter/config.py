"""The settings of a site: one frozen Settings from contactcenter.toml, every field with its help text."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import tomlkit
from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator

from contactcenter.errors import BadInput, FileProblem, FileProblems, SiteError
from contactcenter.network import Outbound, Port, Section, Sip
from contactcenter.secrecy import keep_private, masked, write_private

FILE = "contactcenter.toml"
SECRETS = "secrets.toml"

POSTGRESQL = re.compile(r"postgresql://([^\s/@:?#]+@)?[^\s/@?#]*/[^\s/@?#]+(\?[^\s#@]*)?")
SQLITE = re.compile(r"sqlite\+aiosqlite:///[^\s?#]+")

HIDDEN = frozenset({"database"})
"""Settings whose wrong values are not repeated: a password may be in them."""


class Ports(Section):
    """All on loopback."""

    http: Port = Field(8088, description="the controller's HTTP API")
    ami: Port = Field(5038, description="Asterisk's manager interface")
    agi: Port = Field(4573, description="the controller's FastAGI")


class Service(Section):
    warning_days: int = Field(30, ge=0, description="a service period that ends within so many days counts as expiring")
    wrong_codes_per_number: int = Field(
        10, ge=3, description="wrong service codes from one number in an hour; withheld numbers count as one"
    )
    wrong_codes_in_total: int = Field(100, ge=3, description="wrong service codes from all callers in ten minutes")


class Recording(Section):
    encrypt: bool = Field(
        default=False, description="encrypt recordings at rest; first make a key: contactcenter recording key new"
    )
    keep_days: int = Field(
        0, ge=0, le=36500, description="recordings and voice messages are deleted after so many days; 0: never"
    )


class Distribution(Section):
    ageing_seconds: float = Field(
        120, ge=0, description="one point of priority lets a call overtake those who came at most so much earlier"
    )
    load_window_seconds: float = Field(3600, gt=0, description="least load counts the work of so long")
    talk_weight: float = Field(1.0, ge=0, description="least load: what a second of talk counts")
    wrap_up_weight: float = Field(1.0, ge=0, description="least load: what a second of wrap-up counts")
    ticket_seconds: float = Field(300, ge=0, description="least load: what an open ticket counts, in seconds of talk")


class Fallback(Section):
    on_call: list[str] = Field(
        default_factory=list,
        description="extensions that ring without a controller when no agent of the queue takes the call",
    )
    ring_seconds: int = Field(
        20, ge=5, le=120, description="how long they ring before the caller hears that they are busy"
    )
    after_seconds: int = Field(
        10,
        ge=2,
        le=600,
        description="how long callers wait for a controller that is away before Asterisk's own queues serve them",
    )


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/?#@]+([/?][^\s#]*)?", value):
        raise ValueError("it has to be a http:// or https:// address without a password in it, or empty")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Crm(Section):
    webhook_url: WebAddress = Field(
        "",
        description="where the CRM hears of changed customers, such as https://crm.example.com/hook; empty: nowhere",
    )


class Alarms(Section):
    webhook_url: WebAddress = Field(
        "", description="where alarms are sent to, such as https://hooks.example.com/center; empty: nowhere"
    )


class Log(Section):
    format: Literal["text", "json"] = Field(
        "text", description="what controller and up write to log/: text, or json with one object a line"
    )


class AsteriskSettings(Section):
    binary: str = Field(
        "", description="the asterisk program; empty: the one on PATH, or the one scripts/setup installed"
    )


class Settings(Section):
    """One site. Times of day are in its time zone."""

    name: str = Field("site", description="shown to people")
    region: str = Field("CN", pattern="^[A-Z]{2}$", description="the country whose numbers come without a country code")
    timezone: str = Field("Asia/Shanghai", description="for dates that people see")
    database: str = Field(
        "",
        description="PostgreSQL, such as postgresql://contactcenter@localhost/contactcenter; its password is database_password in "
        "secrets.toml; empty: SQLite in data/",
    )
    standby: bool = Field(
        False, description="a second controller waits, and takes over within seconds when the first dies or hangs"
    )
    sip: Sip = Sip()
    outbound: Outbound = Outbound()
    ports: Ports = Ports()
    service: Service = Service()
    recording: Recording = Recording()
    distribution: Distribution = Distribution()
    fallback: Fallback = Fallback()
    crm: Crm = Crm()
    alarms: Alarms = Alarms()
    log: Log = Log()
    asterisk: AsteriskSettings = AsteriskSettings()

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not SQLITE.fullmatch(value) and (not POSTGRESQL.fullmatch(value) or "password=" in value):
            raise ValueError(
                "it has to be postgresql://USER@HOST/DATABASE, or empty; the password goes into secrets.toml as database_password"
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("there is no such time zone; use one such as Asia/Shanghai")
        ZoneInfo(value)
        return value


class Secrets(Section):
    """Never shown, never logged; the file is readable by its owner only."""

    ami_secret: str = Field(repr=False)
    api_token: str = Field(repr=False)
    trunk_password: str = Field(repr=False)
    webhook_secret: str = Field("", repr=False)
    database_password: str = Field("", repr=False)


def read_settings(site: Path) -> Settings:
    """The settings of a site folder. Raises SiteError when it is none, FileProblems naming key and line."""
    file = site / FILE
    if not file.exists():
        raise SiteError(f"{site} is no site: it has no {FILE}. Make one: contactcenter init {site}")
    return settings_in(file)


def settings_in(file: Path) -> Settings:
    """Those of a file that is there. Raises FileProblems naming key and line."""
    return Settings.model_validate(_checked(file, Settings))


def read_secrets(site: Path) -> Secrets:
    file = site / SECRETS
    if not file.exists():
        raise SiteError(f"{file} is missing. Restore it from your backup, or make a new site.")
    keep_private(file)
    return Secrets.model_validate(_checked(file, Secrets))


def write_settings(site: Path, settings: Settings) -> None:
    """Writes contactcenter.toml with every field's help text beside it."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment(
            "The settings of this site. After a change: contactcenter restart; of sip, ports or asterisk: contactcenter down, then up."
        )
    )
    _fill(document, settings)
    write_private(site / FILE, tomlkit.dumps(document))


def write_secrets(site: Path, secrets: Secrets) -> None:
    write_private(site / SECRETS, tomlkit.dumps(secrets.model_dump()))


def _fill(container: Any, section: BaseModel) -> None:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            table = tomlkit.table()
            _fill(table, value)
            container.add(tomlkit.nl())
            container.add(name, table)
        else:
            container.add(tomlkit.comment(field.description or name))
            container.add(name, value)


def _checked(file: Path, model: type[BaseModel]) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        raise FileProblems([FileProblem(file, None, "the file is not UTF-8", "Save it as UTF-8.")]) from None
    except tomllib.TOMLDecodeError as error:
        raise FileProblems([FileProblem(file, None, f"not TOML: {error}", "Correct that place.")]) from None
    try:
        model.model_validate(data)
    except ValidationError as error:
        secret = model is Secrets
        raise FileProblems([_problem(file, text, dict(item), secret) for item in error.errors()]) from None
    return data


def _problem(file: Path, text: str, item: dict[str, Any], secret: bool) -> FileProblem:
    keys = [str(part) for part in item["loc"] if isinstance(part, str)]
    name = ".".join(str(part) for part in item["loc"]) or file.stem
    line = _line_of(text, keys)
    match item["type"]:
        case "extra_forbidden":
            return FileProblem(file, line, f"unknown setting {name}", "Take it out, or correct its name.")
        case "missing":
            return FileProblem(file, None, f"{name} is missing", f"Add a line {keys[-1]} = ...")
    hidden = secret or name in HIDDEN or isinstance(item["input"], dict)
    return FileProblem(file, line, f"{name} is {'wrong' if hidden else masked(repr(item['input']))}", f"{item['msg']}.")


def _line_of(text: str, keys: list[str]) -> int | None:
    """The line where a key stands, in the section it belongs to; the section's own line where it does not stand there."""
    *sections, key = keys or [""]
    wanted, section, found = ".".join(sections), "", None
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if word.startswith("["):
            section = word.strip("[]").strip()
            if section == ".".join(keys):
                found = number
        elif section == wanted and word.split("=")[0].strip() == key:
            return number
    return found


def flat(settings: Settings) -> dict[str, Any]:
    """Every setting by its whole name, such as sip.port."""
    values = settings.model_dump(mode="json")
    parts = {
        f"{name}.{key}": one for name, part in values.items() if isinstance(part, dict) for key, one in part.items()
    }
    return {**{name: value for name, value in values.items() if not isinstance(value, dict)}, **parts}


def with_setting(settings: Settings, name: str, value: Any) -> Settings:
    """The settings with another value for one of them; text is read as its field wants it. Raises BadInput."""
    known = flat(settings)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        fix = f"Did you mean {close[0]}?" if close else "See: contactcenter site show"
        raise BadInput(f"there is no setting {name}. {fix}")
    if isinstance(known[name], list) and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    section, _, key = name.rpartition(".")
    values = settings.model_dump(mode="json")
    (values[section] if section else values)[key] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        shown = "wrong" if name in HIDDEN else repr(value)
        raise BadInput(f"{name} is {shown}: {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from None
