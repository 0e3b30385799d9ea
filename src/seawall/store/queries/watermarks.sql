-- How far each source has come: the greatest event time stored, and when. The least of a cluster's is its watermark.
-- reads: batch_ledger
-- kind: the kind of event
-- since: sources silent since then are left out
SELECT cluster, source, max(l.greatest_time) AS greatest_time, max(stored_at) AS last_stored_at
FROM seawall.batch_ledger AS l
WHERE {scope} AND kind = {kind:String} AND outcome = 'stored' AND stored_at >= {since:DateTime64(9)} AND isNotNull(l.greatest_time)
GROUP BY cluster, source
ORDER BY cluster, source
