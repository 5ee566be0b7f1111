"""Opening hours: calendars of weekly spans and special days. Pure."""
