"""Tickets: one problem, one ticket, from the first call to the confirmed solution."""
