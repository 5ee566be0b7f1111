"""What an admin should know about a calendar before callers find out."""

from datetime import date

from contactcenter.hours.calendar import Calendar

ANNOUNCED = (11, 15)
"""By then next year's holidays and shifted workdays of China are published (2023-10-25, 2024-11-12, 2025-11-04)."""


def warnings(calendar: Calendar, today: date) -> list[str]:
    """One line each; none when all is well. today: of the calendar's zone."""
    found: list[str] = []
    needed = today.year + ((today.month, today.day) >= ANNOUNCED)
    through = calendar.known_through()
    if through is not None and through < needed:
        found.append(
            f"calendar {calendar.name}: holidays of {calendar.holidays} are not known for {through + 1}, only those that the law"
            " names are kept: update the package `holidays`, or import a table:"
            f" contactcenter calendar holidays {calendar.name} --table FILE"
        )
    if (closed := calendar.closed) is not None and closed.until is None:
        found.append(
            f"calendar {calendar.name} is closed by hand without an end ({closed.why or 'no reason given'}):"
            f" contactcenter calendar reopen {calendar.name}"
        )
    if not any(calendar.weekly) and not calendar.special and not any(any(one.weekly) for one in calendar.seasons):
        found.append(
            f"calendar {calendar.name} never opens: contactcenter calendar set {calendar.name} mon-fri 09:00-18:00"
        )
    return found
