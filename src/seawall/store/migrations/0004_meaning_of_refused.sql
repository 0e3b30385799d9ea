ALTER TABLE seawall.batch_ledger{local}{on_cluster}
    COMMENT COLUMN outcome '`stored`; `repeat` (the batch was in the ledger before: nothing stored, its records count as duplicate); `refused` (batches that were not taken, a row for many; each counts as one malformed record)';
