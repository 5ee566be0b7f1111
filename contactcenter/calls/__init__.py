"""Calls: what is known of one call, put together from its facts."""
