-- The events that some signals rest on, oldest first.
-- reads: signal_evidence
-- signals: ids of the signals
-- limit: at most so many events
SELECT *
FROM seawall.signal_evidence_now
WHERE {scope} AND signal_id IN {signals:Array(String)}
ORDER BY time, event_id
LIMIT {limit:UInt32}
