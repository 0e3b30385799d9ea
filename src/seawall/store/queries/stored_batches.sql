-- Batches with rows of a kind, by when they were stored: what a windowed rule counts as late.
-- reads: batch_ledger
-- kind: the kind of event
-- since: stored from here on
-- limit: at most so many, oldest first
SELECT cluster, batch_id, source, b.least_time AS least_time, b.greatest_time AS greatest_time, stored_at
FROM seawall.batch_ledger AS b
WHERE {scope} AND kind = {kind:String} AND outcome = 'stored' AND rows_out > 0 AND stored_at >= {since:DateTime64(9)}
ORDER BY stored_at, batch_id
LIMIT {limit:UInt32}
