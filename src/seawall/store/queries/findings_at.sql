-- The state of every finding that is open at a moment, without its detail.
-- reads: finding_transition
-- moment: the moment
SELECT fingerprint, transition, cluster, rule, severity, status, namespace, object_kind, object, path, message, changed_at, first_at
FROM
(
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
        changed_at,
        first_at
    FROM
    (
        SELECT
            fingerprint,
            argMax(
                tuple(transition, cluster, rule, severity, status, namespace, object_kind, object, path, message),
                tuple(at, scan_id)
            ) AS newest,
            max(at) AS changed_at,
            min(at) AS first_at
        FROM seawall.finding_transition
        WHERE {scope} AND at <= {moment:DateTime64(9)}
        GROUP BY fingerprint
    )
)
WHERE transition != 'resolved' AND {filter}
ORDER BY indexOf(['critical', 'high', 'medium', 'low', 'info'], severity), rule, namespace, object, fingerprint
