"""Reports: what was learned from calls. They read facts only."""
