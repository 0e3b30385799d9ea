-- As `graph`, from the events themselves: for filters that the roll-up cannot answer, and for pods.
-- reads: flow
-- since, until: the window, from (included) to (excluded)
-- grain: `pod`, `workload`, `namespace` or `cluster`
-- limit: at most so many edges; `edges_in_all` says how many there are
SELECT
    cluster,
    src_entity,
    if({grain:String} = 'cluster', '', fine.src_namespace) AS src_namespace,
    if({grain:String} IN ('workload', 'pod'), fine.src_workload, '') AS src_workload,
    if({grain:String} IN ('workload', 'pod'), fine.src_workload_kind, '') AS src_workload_kind,
    if({grain:String} = 'pod', fine.src_pod, '') AS src_pod,
    if({grain:String} = 'cluster', '', fine.src_peer) AS src_peer,
    dst_entity,
    if({grain:String} = 'cluster', '', fine.dst_namespace) AS dst_namespace,
    if({grain:String} IN ('workload', 'pod'), fine.dst_workload, '') AS dst_workload,
    if({grain:String} IN ('workload', 'pod'), fine.dst_workload_kind, '') AS dst_workload_kind,
    if({grain:String} = 'pod', fine.dst_pod, '') AS dst_pod,
    if({grain:String} = 'cluster', '', fine.dst_peer) AS dst_peer,
    if({grain:String} IN ('workload', 'pod') AND fine.dst_entity = 'service', fine.dst_service, '') AS service,
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
        cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_pod, src_peer,
        dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_pod, dst_peer, dst_service,
        network_transport, dst_port, simulated, policies, judged,
        max(reported) AS seen,
        argMax(tuple(moved), reported).1 AS bytes,
        max(latest) AS last
    FROM
    (
        SELECT
            cluster,
            if(reply, f.dst_entity, f.src_entity) AS src_entity, if(reply, f.src_entity, f.dst_entity) AS dst_entity,
            if(reply, f.dst_namespace, f.src_namespace) AS src_namespace, if(reply, f.src_namespace, f.dst_namespace) AS dst_namespace,
            if(reply, f.dst_workload, f.src_workload) AS src_workload, if(reply, f.src_workload, f.dst_workload) AS dst_workload,
            if(reply, f.dst_workload_kind, f.src_workload_kind) AS src_workload_kind,
            if(reply, f.src_workload_kind, f.dst_workload_kind) AS dst_workload_kind,
            if(reply, f.dst_pod, f.src_pod) AS src_pod, if(reply, f.src_pod, f.dst_pod) AS dst_pod,
            if(reply, dst_peer_name, src_peer_name) AS src_peer, if(reply, src_peer_name, dst_peer_name) AS dst_peer,
            if(reply, f.src_service, f.dst_service) AS dst_service,
            network_transport, if(reply, f.src_port, f.dst_port) AS dst_port, simulated, reporter, source,
            arrayStringConcat(f.policies, ', ') AS policies,
            if(verdict = 'unknown', ifNull(model_verdict, verdict), verdict) AS judged,
            sumIf(f.events, NOT reply) AS reported,
            sum(f.bytes_sent) + sum(ifNull(f.bytes_received, 0)) AS moved,
            max(time) AS latest
        FROM
        (
            SELECT *, ifNull(is_reply, false) AS reply,
                multiIf(src_workload != '', '', src_entity = 'node' AND src_node != '', src_node, src_domain != '', src_domain, src_address) AS src_peer_name,
                multiIf(dst_workload != '', '', dst_entity = 'node' AND dst_node != '', dst_node, dst_domain != '', dst_domain, dst_address) AS dst_peer_name
            FROM seawall.flow
            WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
        ) AS f
        GROUP BY ALL
    )
    GROUP BY ALL
) AS fine
GROUP BY ALL
ORDER BY events DESC, cluster, src_namespace, src_workload, dst_namespace, dst_workload, dst_port
LIMIT {limit:UInt32}
