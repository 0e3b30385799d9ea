-- How many faults each object has at a moment, by severity.
-- reads: finding_transition
-- moment: the moment
SELECT
    tupleElement(newest, 1) AS cluster,
    tupleElement(newest, 2) AS namespace,
    tupleElement(newest, 3) AS object_kind,
    tupleElement(newest, 4) AS object,
    tupleElement(newest, 5) AS severity,
    count() AS findings
FROM
(
    SELECT fingerprint, argMax(tuple(cluster, namespace, object_kind, object, severity, status, transition), tuple(at, scan_id)) AS newest
    FROM seawall.finding_transition
    WHERE {scope} AND at <= {moment:DateTime64(9)}
    GROUP BY fingerprint
)
WHERE tupleElement(newest, 7) != 'resolved' AND tupleElement(newest, 6) = 'fail'
GROUP BY ALL
ORDER BY cluster, namespace, object_kind, object, severity
