-- The state of every finding that is not resolved: its newest transition, and when it was opened.
-- reads: finding_transition
SELECT *
FROM
(
    SELECT
        fingerprint,
        argMax(tuple(transition, cluster, rule, severity, status, namespace, object_kind, object, path, message, detail, scan_id), (at, scan_id)) AS newest,
        max(at) AS changed_at,
        maxIf(at, transition = 'opened') AS opened_at,
        newest.1 AS transition, newest.2 AS cluster, newest.3 AS rule, newest.4 AS severity, newest.5 AS status, newest.6 AS namespace,
        newest.7 AS object_kind, newest.8 AS object, newest.9 AS path, newest.10 AS message, newest.11 AS detail, newest.12 AS scan_id
    FROM seawall.finding_transition AS f
    WHERE {scope}
    GROUP BY fingerprint
)
WHERE transition != 'resolved'
ORDER BY severity, rule, namespace, object
