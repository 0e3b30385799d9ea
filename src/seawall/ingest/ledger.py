"""The ledger of batches, as ingest asks it."""

from __future__ import annotations

from seawall.ingest.pipeline import Settled, ledger_row
from seawall.model.event.read_scope import ReadScope
from seawall.store.client import Store


class StoredLedger:
    """Looks batches up in the store's `batch_ledger`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settled(self, batch: str) -> Settled | None:
        """What was stored of `batch`, or None where it never was acknowledged.

        The row that carries the records is written last, so a batch that was cut off before is not settled and is stored again.
        """
        rows = self._store.rows("batch", ReadScope.everything(), batch_id=batch)
        stored = [row for row in rows if row["outcome"] == "stored"]
        whole = next((row for row in stored if row["records_in"]), None)
        return ledger_row(whole) if whole is not None else None
