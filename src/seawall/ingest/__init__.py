"""Batches on their way in: identity at the time of the event, de-duplication, the ledger, hand-over to the store."""
