-- Every cluster that the store has something of, with its newest name.
-- reads: batch_ledger, scan_run
SELECT cluster, argMax(name, seen) AS name
FROM
(
    SELECT cluster, '' AS name, toDateTime64(0, 9, 'UTC') AS seen FROM seawall.batch_ledger WHERE {scope} GROUP BY cluster
    UNION ALL
    SELECT cluster, cluster_name AS name, started_at AS seen FROM seawall.scan_run WHERE {scope:scan_run}
)
WHERE cluster != ''
GROUP BY cluster
ORDER BY cluster
