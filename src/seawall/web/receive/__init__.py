"""What machines send: batches of events, and the API server's audit webhook. Acknowledged only after the ledger row."""
