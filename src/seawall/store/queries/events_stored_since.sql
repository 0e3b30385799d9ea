-- How many events of batches that were stored after a moment there are: what a live tail that was too slow has missed.
-- reads: KIND, batch_ledger
-- after: a `stored_at` of the ledger
-- since: no event older than this
SELECT count() AS rows
FROM seawall.{table}
WHERE {scope} AND {filter}
    AND time >= {since:DateTime64(9)}
    AND batch_id IN (SELECT batch_id FROM seawall.batch_ledger WHERE kind = '{table}' AND stored_at > {after:DateTime64(9)})
