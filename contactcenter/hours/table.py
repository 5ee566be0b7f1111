"""A table of days off and days worked, as an admin has it: the notice of next year's holidays, typed in."""

import re
from datetime import date

from contactcenter.errors import BadInput
from contactcenter.hours.calendar import OwnDay
from contactcenter.hours.plain import MOST_DAYS, read_day, read_text

WORDS = {"off": False, "holiday": False, "休": False, "放假": False} | {"work": True, "班": True, "上班": True}
MOST_BYTES = 200_000


def read_table(text: str) -> dict[date, OwnDay]:
    """Reads lines such as `2027-02-01,off,春节`, `2027-02-20,work,调休` or, as in YAML, `2027-02-01: off 春节`.

    Empty lines, lines of # and a line of column names are passed over. Raises BadInput with one line for each fault.
    """
    if len(text) > MOST_BYTES:
        raise BadInput(f"the table has {len(text)} characters. Use at most {MOST_BYTES}")
    days: dict[date, OwnDay] = {}
    faults: list[str] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#") or (number == 1 and not stripped[:1].isdigit()):
            continue
        try:
            day, own = _line(stripped)
            if day in days:
                raise BadInput(f"{day} is there twice. Keep one line")  # noqa: TRY301 (told with its line like the others)
            days[day] = own
        except BadInput as fault:
            faults.append(f"line {number}: {fault}")
    if len(days) > MOST_DAYS:
        faults.append(f"{len(days)} days are too many. Use at most {MOST_DAYS}")
    if faults:
        raise BadInput("\n".join(faults))
    if not days:
        raise BadInput("the table has no days. Write lines like 2027-02-01,off,春节")
    return days


def _line(line: str) -> tuple[date, OwnDay]:
    day, kind, name = (part.strip() for part in [*re.split(r"[,;，\t]|:\s+|\s+", line, maxsplit=2), "", ""][:3])
    if (worked := WORDS.get(kind.lower())) is None:
        raise BadInput(f"{line[:80]!r} does not say off or work. Write it like 2027-02-01,off,春节")
    return read_day(day), OwnDay(worked, read_text(name))
