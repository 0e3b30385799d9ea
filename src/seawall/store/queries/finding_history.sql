-- Every transition of one finding, oldest first.
-- reads: finding_transition
-- fingerprint: the finding
SELECT *
FROM seawall.finding_transition
WHERE {scope} AND fingerprint = {fingerprint:String}
ORDER BY at, scan_id
