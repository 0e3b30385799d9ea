-- The newest detail of some findings at a moment.
-- reads: finding_transition
-- moment: the moment
-- fingerprints: the findings
SELECT fingerprint, argMax(detail, tuple(at, scan_id)) AS detail, argMax(path, tuple(at, scan_id)) AS path, argMax(message, tuple(at, scan_id)) AS message
FROM seawall.finding_transition
WHERE {scope} AND at <= {moment:DateTime64(9)} AND fingerprint IN {fingerprints:Array(String)}
GROUP BY fingerprint
ORDER BY fingerprint
