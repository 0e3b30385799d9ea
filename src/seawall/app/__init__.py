"""Use cases: the only rooms that the command line and the web call."""
