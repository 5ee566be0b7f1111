"""Whole fakes of what is outside (time, the caller's line, agents' phones, the store), for dry runs and tests."""
