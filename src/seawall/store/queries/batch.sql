-- What the ledger says of a batch; no row: it was never settled.
-- reads: batch_ledger
-- batch_id: the batch
SELECT *
FROM seawall.batch_ledger
WHERE {scope} AND batch_id = {batch_id:String}
ORDER BY stored_at
