"""The error tree: every error a person can meet, each with one line that says what was wrong and what to do."""

from pathlib import Path


class ContactCenterError(Exception):
    """Base of all our errors. `str(error)` is one clear line for a person."""


class BadInput(ContactCenterError):
    """Something a person or a program handed in can't be taken; nothing was changed."""


class NotFound(BadInput):
    """A thing was named that does not exist."""


class Conflict(BadInput):
    """Somebody else was faster, or another one has what only one can have; nothing was changed."""


class OutboundRefused(BadInput):
    """A number outside may not be called: never (for_good), or not now. See outbound.py."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class SiteError(ContactCenterError):
    """A site folder is missing, not writable, broken, or in use."""


class AlreadyUp(SiteError):
    """Another process holds what only one can have."""


class FileProblem(BadInput):
    """A file of the admin's is wrong at one place.

    Attributes: file, line (1-based, or None where the whole file is meant), problem, fix (what to write; "" where the
    problem tells it).
    """

    def __init__(self, file: Path | str, line: int | None, problem: str, fix: str) -> None:
        self.file, self.line, self.problem, self.fix = Path(file), line, problem, fix
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {problem}. {fix}" if fix else f"{place}: {problem}")


class FileProblems(BadInput):
    """All that is wrong with a file (or a set of files), found in one reading.

    Attributes: problems, a tuple of FileProblem in the order of their lines.
    """

    def __init__(self, problems: list[FileProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (str(p.file), p.line or 0)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class IllegalMove(ContactCenterError):
    """A state machine was asked for a move that its table does not have."""


class CallerGone(ContactCenterError):
    """The caller hung up. Raised by the Phone at whatever step it is; caught in journey.py alone."""


class LineLost(CallerGone):
    """The caller's line is gone, and no hang-up was told: Asterisk, or the way to it, is away."""


class LookupFailed(ContactCenterError):
    """The dealer's CRM did not answer in time, or not with what was asked for. Says nothing of the caller or the address."""


class StoreError(ContactCenterError):
    """The database can't be opened or is not of this version."""


class ControllerUnreachable(ContactCenterError):
    """The running controller did not answer on its HTTP port."""
