"""The store: ClickHouse tables made from the event declarations, one client, and the embedded host for a laptop."""
