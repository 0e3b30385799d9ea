-- How far each source has come, whenever that was: newest event, newest batch, and the last measured offset of its clock.
-- reads: batch_ledger
SELECT cluster, source, kind, max(greatest_time) AS greatest_time, max(stored_at) AS last_stored_at, max(simulated) AS any_simulated
FROM seawall.batch_ledger
WHERE {scope}
GROUP BY cluster, source, kind
ORDER BY cluster, source, kind
