"""The survey after the call: 1 to 5 by key."""
