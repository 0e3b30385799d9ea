-- The state of every finding that is not resolved: its newest transition, and when it was last opened.
-- reads: finding_transition
SELECT
    fingerprint,
    tupleElement(newest, 1) AS transition,
    tupleElement(newest, 2) AS cluster,
    tupleElement(newest, 3) AS rule,
    tupleElement(newest, 4) AS severity,
    tupleElement(newest, 5) AS status,
    tupleElement(newest, 6) AS namespace,
    tupleElement(newest, 7) AS object_kind,
    tupleElement(newest, 8) AS object,
    tupleElement(newest, 9) AS path,
    tupleElement(newest, 10) AS message,
    tupleElement(newest, 11) AS detail,
    tupleElement(newest, 12) AS scan_id,
    changed_at,
    opened_at
FROM
(
    SELECT
        fingerprint,
        argMax(
            tuple(transition, cluster, rule, severity, status, namespace, object_kind, object, path, message, detail, scan_id),
            tuple(at, scan_id)
        ) AS newest,
        max(at) AS changed_at,
        maxIf(at, transition = 'opened') AS opened_at
    FROM seawall.finding_transition
    WHERE {scope}
    GROUP BY fingerprint
)
WHERE tupleElement(newest, 1) != 'resolved'
ORDER BY severity, rule, namespace, object
