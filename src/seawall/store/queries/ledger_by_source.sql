-- What came in from each source in a window of arrival, and what became of it.
-- records_in = accepted + duplicate + sum(dropped) + malformed, for every row.
-- reads: batch_ledger
-- since, until: when the ledger's rows were written, from (included) to (excluded)
SELECT
    cluster, source, kind, simulated,
    count() AS batches,
    countIf(outcome = 'repeat') AS repeats,
    sumIf(l.records_in, outcome = 'refused') AS refusals,
    sum(l.records_in) AS records_in,
    sum(l.accepted) AS accepted,
    sum(l.duplicate) AS duplicate,
    sumMap(l.dropped) AS dropped,
    sum(l.malformed) AS malformed,
    sumMap(l.malformed_why) AS malformed_why,
    sum(l.rows_out) AS rows_out,
    sum(l.late) AS late,
    sum(l.future) AS future,
    sum(l.bytes_in) AS bytes_in,
    max(stored_at) AS last_stored_at,
    max(l.greatest_time) AS greatest_time,
    argMax(dateDiff('nanosecond', l.greatest_time, stored_at), stored_at) AS last_lag,
    quantileExact(0.95)(dateDiff('nanosecond', l.received_at, stored_at)) AS settling_p95
FROM seawall.batch_ledger AS l
WHERE {scope} AND stored_at >= {since:DateTime64(9)} AND stored_at < {until:DateTime64(9)}
GROUP BY cluster, source, kind, simulated
ORDER BY cluster, source, kind
