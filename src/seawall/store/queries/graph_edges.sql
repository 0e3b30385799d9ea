-- Who talked to whom in a window: one row for each edge, port and verdict, busiest first.
-- Two reporters see the same traffic, so of each edge the one that saw most is counted; `reporters` says how many did.
-- Whole minutes are counted: the window grows to the minutes it touches.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many edges
SELECT
    cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
    dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
    network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, simulated,
    max(reported) AS events,
    argMax(replied, reported) AS reply_events,
    argMax(tuple(sent), reported).1 AS bytes_sent,
    argMax(tuple(received), reported).1 AS bytes_received,
    min(first) AS first_time,
    max(last) AS last_time,
    count() AS reporters
FROM
(
    SELECT
        cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
        dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
        network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, simulated, reporter, source,
        sum(events) AS reported,
        sum(reply_events) AS replied,
        sum(bytes_sent) AS sent,
        sum(bytes_received) AS received,
        min(first_time) AS first,
        max(last_time) AS last
    FROM {edges}
    GROUP BY ALL
)
GROUP BY ALL
ORDER BY events DESC, cluster, src_namespace, src_workload, dst_namespace, dst_workload, dst_port
LIMIT {limit:UInt32}
