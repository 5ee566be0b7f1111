"""Is the hotline open at this moment? The answer is noted with its reason."""

from contactcenter.bus import CallNotes
from contactcenter.events import HoursChecked
from contactcenter.hours.calendar import Calendar


def are_we_open(calendar: Calendar, note: CallNotes) -> bool:
    is_open, why = calendar.check(note.now())
    note(HoursChecked, calendar=calendar.name, open=is_open, why=why)
    return is_open
