-- Who talked with an address in a window: `outward` says that the address was the client.
-- reads: flow
-- address: the address, as text
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many
SELECT
    client_address = {address:String} AS outward,
    if(outward, server_entity, client_entity) AS entity,
    if(outward, server_namespace, client_namespace) AS namespace,
    if(outward, server_workload, client_workload) AS workload,
    if(outward, server_name, client_name) AS peer,
    network_transport, port, simulated,
    sum(seen) AS events,
    sumIf(seen, judged IN ('allowed', 'audit')) AS allowed,
    sumIf(seen, judged = 'denied') AS denied,
    sumIf(seen, judged NOT IN ('allowed', 'audit', 'denied')) AS unknown,
    sum(bytes) AS bytes,
    max(last) AS last_time
FROM
(
    SELECT
        client_address, client_entity, server_entity, client_namespace, server_namespace, client_workload, server_workload,
        client_name, server_name, network_transport, port, simulated, judged,
        max(reported) AS seen, argMax(tuple(moved), reported).1 AS bytes, max(latest) AS last
    FROM
    (
        SELECT
            if(reply, f.dst_address, f.src_address) AS client_address,
            if(reply, f.dst_entity, f.src_entity) AS client_entity, if(reply, f.src_entity, f.dst_entity) AS server_entity,
            if(reply, f.dst_namespace, f.src_namespace) AS client_namespace, if(reply, f.src_namespace, f.dst_namespace) AS server_namespace,
            if(reply, f.dst_workload, f.src_workload) AS client_workload, if(reply, f.src_workload, f.dst_workload) AS server_workload,
            if(reply, dst_name, src_name) AS client_name, if(reply, src_name, dst_name) AS server_name,
            network_transport, if(reply, f.src_port, f.dst_port) AS port, simulated, reporter, source,
            if(verdict = 'unknown', ifNull(model_verdict, verdict), verdict) AS judged,
            sumIf(f.events, NOT reply) AS reported, sum(f.bytes_sent) + sum(ifNull(f.bytes_received, 0)) AS moved, max(time) AS latest
        FROM
        (
            SELECT *, ifNull(is_reply, false) AS reply,
                if(src_domain != '', src_domain, src_address) AS src_name, if(dst_domain != '', dst_domain, dst_address) AS dst_name
            FROM seawall.flow
            WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)}
                AND (src_address = {address:String} OR dst_address = {address:String}) AND {filter}
        ) AS f
        GROUP BY ALL
    )
    GROUP BY ALL
)
GROUP BY ALL
ORDER BY events DESC, namespace, workload, peer, port
LIMIT {limit:UInt32}
