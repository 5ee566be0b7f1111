"""Routing rules: callers like this go to that queue with this priority. Pure."""
