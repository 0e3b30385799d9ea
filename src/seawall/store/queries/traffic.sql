-- Who talked to whom in a window, one row for each pair of ends, Service and port, with how often the dataplane allowed and denied it.
-- Of an edge that two reporters saw, the one that saw most is counted. Whole minutes are counted: the window grows to the minutes it touches.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
SELECT
    src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
    dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
    network_transport, dst_port,
    toInt64(max(passed)) AS allowed,
    toInt64(max(stopped)) AS denied,
    toInt64(max(silent)) AS unknown,
    min(earliest) AS first_time,
    max(latest) AS last_time
FROM
(
    SELECT
        src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
        dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
        network_transport, dst_port, reporter, source,
        sumIf(e.events + e.reply_events, verdict IN ('allowed', 'audit')) AS passed,
        sumIf(e.events + e.reply_events, verdict = 'denied') AS stopped,
        sumIf(e.events + e.reply_events, verdict NOT IN ('allowed', 'audit', 'denied', 'error')) AS silent,
        min(e.first_time) AS earliest,
        max(e.last_time) AS latest
    FROM {edges} AS e
    GROUP BY ALL
)
GROUP BY ALL
