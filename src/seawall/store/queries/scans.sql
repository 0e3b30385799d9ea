-- The scans of a window, newest first.
-- reads: scan_run
-- since, until: when they began
SELECT *
FROM seawall.scan_run_now
WHERE {scope} AND started_at >= {since:DateTime64(9)} AND started_at < {until:DateTime64(9)}
ORDER BY started_at DESC
