-- The newest scan of each cluster at a moment.
-- reads: scan_run
-- moment: the moment
SELECT *
FROM seawall.scan_run_now
WHERE {scope} AND started_at <= {moment:DateTime64(9)}
ORDER BY cluster, started_at DESC
LIMIT 1 BY cluster
