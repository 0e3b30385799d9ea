-- From when to when there are events of each cluster and kind, by the minute.
-- reads: event_minute
SELECT cluster, kind, min(minute) AS first, max(minute) AS last, max(simulated) AS any_simulated
FROM seawall.event_minute
WHERE {scope}
GROUP BY cluster, kind
ORDER BY cluster, kind
