-- Who talked to whom in a window, at a grain: one row for each pair of ends and port, busiest first.
-- Of an edge that two reporters saw, the one that saw most is counted. What the dataplane does not know, the model's word is taken for.
-- Whole minutes are counted: the window grows to the minutes it touches.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
-- grain: `workload`, `namespace` or `cluster`; what an end is called beyond that is left empty
-- limit: at most so many edges; `edges_in_all` says how many there are
SELECT
    cluster,
    src_entity,
    if({grain:String} = 'cluster', '', fine.src_namespace) AS src_namespace,
    if({grain:String} = 'workload', fine.src_workload, '') AS src_workload,
    if({grain:String} = 'workload', fine.src_workload_kind, '') AS src_workload_kind,
    if({grain:String} = 'cluster', '', fine.src_peer) AS src_peer,
    dst_entity,
    if({grain:String} = 'cluster', '', fine.dst_namespace) AS dst_namespace,
    if({grain:String} = 'workload', fine.dst_workload, '') AS dst_workload,
    if({grain:String} = 'workload', fine.dst_workload_kind, '') AS dst_workload_kind,
    if({grain:String} = 'cluster', '', fine.dst_peer) AS dst_peer,
    if({grain:String} = 'workload' AND fine.dst_entity = 'service', fine.dst_service, '') AS service,
    network_transport,
    dst_port,
    simulated,
    sum(fine.seen) AS events,
    sumIf(fine.seen, judged IN ('allowed', 'audit')) AS allowed,
    sumIf(fine.seen, judged = 'denied') AS denied,
    sumIf(fine.seen, judged = 'error') AS errors,
    sumIf(fine.seen, judged NOT IN ('allowed', 'audit', 'denied', 'error')) AS unknown,
    sum(fine.bytes) AS bytes,
    groupUniqArrayIf(8)(fine.policies, fine.policies != '') AS deciding,
    max(fine.last) AS last_time,
    count() OVER () AS edges_in_all
FROM
(
    SELECT
        cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
        dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
        network_transport, dst_port, simulated, policies, judged,
        max(reported) AS seen,
        argMax(tuple(moved), reported).1 AS bytes,
        max(latest) AS last
    FROM
    (
        SELECT
            cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
            dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
            network_transport, dst_port, simulated, policies, reporter, source,
            if(verdict = 'unknown' AND model_verdict != '', model_verdict, verdict) AS judged,
            sum(events) AS reported,
            sum(bytes_sent) + sum(ifNull(bytes_received, 0)) AS moved,
            max(last_time) AS latest
        FROM {edges}
        GROUP BY ALL
    )
    GROUP BY ALL
) AS fine
GROUP BY ALL
ORDER BY events DESC, cluster, src_namespace, src_workload, dst_namespace, dst_workload, dst_port
LIMIT {limit:UInt32}
