-- The events a signal rests on, oldest first.
-- reads: signal_evidence
-- signal_id: the signal
SELECT *
FROM seawall.signal_evidence_now
WHERE {scope} AND signal_id = {signal_id:String}
ORDER BY time, event_id
