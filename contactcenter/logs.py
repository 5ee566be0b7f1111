"""Lines of the log, for people or as JSON, each with the call and the agent that it is about."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from contactcenter.printable import printable, printable_json

CALL: ContextVar[str] = ContextVar("call", default="")
"""The call that the present task works for; set where that begins. `extra={"call": ...}` of a line goes before."""
AGENT: ContextVar[str] = ContextVar("agent", default="")


def set_up(style: str, stream: TextIO | None = None) -> None:
    """style: "text" or "json". On a terminal it is text: a person reads there."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if style == "json" and not stream.isatty() else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """Time as on this machine's clock, with its offset. A message stays one line, whatever is in it; only a traceback takes more."""

    def format(self, record: logging.LogRecord) -> str:
        names = "".join(f", {name} {value}" for name, value in _about(record).items())
        about = f" [{printable(names[2:], keep='')}]" if names else ""
        time = datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(sep=" ", timespec="milliseconds")
        line = f"{time} {record.levelname} {record.name}: {printable(record.getMessage(), keep='')}{about}"
        return "\n".join([line, *map(_traceback_line, _traceback(record).splitlines())])


class JsonLines(logging.Formatter):
    """One JSON object a line: time (RFC 3339, UTC), level, logger, message; call, agent and error (a traceback) where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        values = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_about(record),
        }
        if traceback := _traceback(record):
            values["error"] = traceback
        return printable_json(json.dumps(values, ensure_ascii=False, default=str))


def _about(record: logging.LogRecord) -> dict[str, str]:
    found = {
        "call": getattr(record, "call", None) or CALL.get(),
        "agent": getattr(record, "agent", None) or AGENT.get(),
    }
    return {name: str(value) for name, value in found.items() if value}


def _traceback(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


def _traceback_line(line: str) -> str:
    return f"  {printable(line, keep='')}"
