-- Traffic over time by verdict, each edge counted by the reporter that saw most, in equal stretches of whole minutes.
-- An edge goes by the hash of its columns: two and a half times as fast as by the columns themselves.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
-- step: seconds in a stretch, a multiple of 60
SELECT
    toDateTime64(bucket, 9, 'UTC') AS begins,
    sumIf(seen, judged IN ('allowed', 'audit')) AS allowed,
    sumIf(seen, judged = 'denied') AS denied,
    sumIf(seen, judged NOT IN ('allowed', 'audit', 'denied')) AS unknown,
    maxIf(simulated, seen > 0) AS any_simulated
FROM
(
    SELECT bucket, edge, judged, simulated, max(reported) AS seen
    FROM
    (
        SELECT
            toStartOfInterval(minute, toIntervalSecond({step:UInt32})) AS bucket,
            cityHash64(cluster, src_namespace, src_workload, src_peer, dst_namespace, dst_workload, dst_peer, network_transport, dst_port) AS edge,
            if(verdict = 'unknown' AND model_verdict != '', model_verdict, verdict) AS judged, simulated, reporter, source,
            sum(events) AS reported
        FROM seawall.edge_minute
        WHERE {scope} AND minute >= toStartOfMinute({since:DateTime64(9)}) AND minute < {until:DateTime64(9)} AND {filter}
        GROUP BY ALL
    )
    GROUP BY ALL
)
GROUP BY bucket
ORDER BY bucket
