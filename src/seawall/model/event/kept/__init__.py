"""Tables that are not events: what Seawall keeps about its own work, and the roll-ups of events."""
