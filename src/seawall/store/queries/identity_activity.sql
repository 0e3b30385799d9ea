-- What an identity did in a window, by verb and resource, most often first.
-- reads: audit
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many
SELECT cluster, verb, resource, countIf(code < 400) AS succeeded, countIf(code IN (401, 403)) AS refused, countIf(code >= 400 AND code NOT IN (401, 403)) AS failed, max(time) AS last_time
FROM seawall.audit
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter} AND stage IN ('ResponseComplete', 'Panic')
GROUP BY cluster, verb, resource
ORDER BY succeeded + refused + failed DESC, cluster, verb, resource
LIMIT {limit:UInt32}
