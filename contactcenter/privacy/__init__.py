"""One caller's data: found everywhere it is, handed over, and put away for good."""
