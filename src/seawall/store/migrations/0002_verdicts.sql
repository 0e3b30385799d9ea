ALTER TABLE seawall.flow{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS model_basis LowCardinality(String) COMMENT 'what the model knew the ends by, the weaker of both: `identity`; `labels` (recorded of a pod that is gone or has changed); `address` alone' CODEC(ZSTD(1)) AFTER model_verdict,
    ADD COLUMN IF NOT EXISTS model_reason LowCardinality(String) COMMENT 'why the model\'s verdict is `unknown`, in words; \'\' if it is not' CODEC(ZSTD(1)) AFTER model_basis,
    ADD COLUMN IF NOT EXISTS egress_verdict LowCardinality(String) COMMENT 'whether the client may send, by the model: `allowed`, `denied` or `unknown`; \'\' if not judged' CODEC(ZSTD(1)) AFTER model_rule,
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'the policy that decides, by the model, whether the client may send; \'\' if none says anything' CODEC(ZSTD(1)) AFTER egress_verdict,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'the path of the deciding rule in `egress_policy`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_verdict LowCardinality(String) COMMENT 'whether the server may be reached, by the model: `allowed`, `denied` or `unknown`; \'\' if not judged' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'the policy that decides, by the model, whether the server may be reached; \'\' if none says anything' CODEC(ZSTD(1)) AFTER ingress_verdict,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'the path of the deciding rule in `ingress_policy`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS policy_since Nullable(DateTime64(9, 'UTC')) COMMENT 'since when those policies are known to hold: after `time`, they were not in force yet, and the verdict says what they would do' CODEC(Delta, ZSTD(1)) AFTER policy_version,
    COMMENT COLUMN model_policy 'the policy that decides by the model, as `Kind namespace/name`: of a denial the one that denies, else the one that lets it in, else out; \'\' if no policy says anything',
    COMMENT COLUMN model_rule 'the path of the deciding rule in that policy; `spec` where a policy isolates and no rule allows',
    COMMENT COLUMN staged_policy 'the draft that would decide, as `Kind namespace/name`; \'\' if none of them would',
    COMMENT COLUMN policy_version 'the fingerprint of the policies that the model\'s columns were computed with';

-- on a cluster only
ALTER TABLE seawall.flow{on_cluster}
    ADD COLUMN IF NOT EXISTS model_basis LowCardinality(String) COMMENT 'what the model knew the ends by, the weaker of both: `identity`; `labels` (recorded of a pod that is gone or has changed); `address` alone' CODEC(ZSTD(1)) AFTER model_verdict,
    ADD COLUMN IF NOT EXISTS model_reason LowCardinality(String) COMMENT 'why the model\'s verdict is `unknown`, in words; \'\' if it is not' CODEC(ZSTD(1)) AFTER model_basis,
    ADD COLUMN IF NOT EXISTS egress_verdict LowCardinality(String) COMMENT 'whether the client may send, by the model: `allowed`, `denied` or `unknown`; \'\' if not judged' CODEC(ZSTD(1)) AFTER model_rule,
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'the policy that decides, by the model, whether the client may send; \'\' if none says anything' CODEC(ZSTD(1)) AFTER egress_verdict,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'the path of the deciding rule in `egress_policy`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_verdict LowCardinality(String) COMMENT 'whether the server may be reached, by the model: `allowed`, `denied` or `unknown`; \'\' if not judged' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'the policy that decides, by the model, whether the server may be reached; \'\' if none says anything' CODEC(ZSTD(1)) AFTER ingress_verdict,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'the path of the deciding rule in `ingress_policy`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS policy_since Nullable(DateTime64(9, 'UTC')) COMMENT 'since when those policies are known to hold: after `time`, they were not in force yet, and the verdict says what they would do' CODEC(Delta, ZSTD(1)) AFTER policy_version,
    COMMENT COLUMN model_policy 'the policy that decides by the model, as `Kind namespace/name`: of a denial the one that denies, else the one that lets it in, else out; \'\' if no policy says anything',
    COMMENT COLUMN model_rule 'the path of the deciding rule in that policy; `spec` where a policy isolates and no rule allows',
    COMMENT COLUMN staged_policy 'the draft that would decide, as `Kind namespace/name`; \'\' if none of them would',
    COMMENT COLUMN policy_version 'the fingerprint of the policies that the model\'s columns were computed with';

ALTER TABLE seawall.edge_minute{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER simulated,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS staged_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_rule,
    ADD COLUMN IF NOT EXISTS policy_version LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER staged_policy,
    MODIFY ORDER BY (toStartOfHour(minute), cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer, dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service, network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated, minute, egress_policy, egress_rule, ingress_policy, ingress_rule, staged_policy, policy_version);

-- on a cluster only
ALTER TABLE seawall.edge_minute{on_cluster}
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER simulated,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS staged_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_rule,
    ADD COLUMN IF NOT EXISTS policy_version LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER staged_policy;

ALTER TABLE seawall.edge_hour{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER simulated,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS staged_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_rule,
    ADD COLUMN IF NOT EXISTS policy_version LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER staged_policy,
    MODIFY ORDER BY (hour, cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer, dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service, network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated, egress_policy, egress_rule, ingress_policy, ingress_rule, staged_policy, policy_version);

-- on a cluster only
ALTER TABLE seawall.edge_hour{on_cluster}
    ADD COLUMN IF NOT EXISTS egress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER simulated,
    ADD COLUMN IF NOT EXISTS egress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_policy,
    ADD COLUMN IF NOT EXISTS ingress_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER egress_rule,
    ADD COLUMN IF NOT EXISTS ingress_rule LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_policy,
    ADD COLUMN IF NOT EXISTS staged_policy LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER ingress_rule,
    ADD COLUMN IF NOT EXISTS policy_version LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)) AFTER staged_policy;

ALTER TABLE seawall.edge_minute_of_flow{on_cluster} MODIFY QUERY
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    client_entity AS src_entity,
    client_namespace AS src_namespace,
    client_workload AS src_workload,
    client_workload_kind AS src_workload_kind,
    multiIf(
        client_workload != '', '',
        client_entity = 'node' AND client_node != '', client_node,
        client_domain != '', client_domain,
        isIPv4String(client_address), concat(IPv4NumToString(bitAnd(IPv4StringToNumOrDefault(client_address), 0xFFFFFF00)), '/24'),
        isIPv6String(client_address), concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client_address), 48), 1)), '/48'),
        '') AS src_peer,
    server_entity AS dst_entity,
    server_namespace AS dst_namespace,
    server_workload AS dst_workload,
    server_workload_kind AS dst_workload_kind,
    multiIf(
        server_workload != '', '',
        server_entity = 'node' AND server_node != '', server_node,
        server_domain != '', server_domain,
        isIPv4String(server_address), concat(IPv4NumToString(bitAnd(IPv4StringToNumOrDefault(server_address), 0xFFFFFF00)), '/24'),
        isIPv6String(server_address), concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(server_address), 48), 1)), '/48'),
        '') AS dst_peer,
    server_service AS dst_service,
    network_transport,
    server_port AS dst_port,
    network_protocol,
    verdict,
    ifNull(flow_model_verdict, '') AS model_verdict,
    ifNull(flow_staged_verdict, '') AS staged_verdict,
    if(empty(flow_policies), model_policy, arrayStringConcat(flow_policies, ', ')) AS policies,
    reporter,
    source,
    simulated,
    egress_policy,
    egress_rule,
    ingress_policy,
    ingress_rule,
    staged_policy,
    policy_version,
    sumIf(flow_events, NOT reply) AS events,
    sumIf(flow_events, reply) AS reply_events,
    sum(client_bytes) AS bytes_sent,
    sum(server_bytes) AS bytes_received,
    sum(client_packets) AS packets_sent,
    sum(server_packets) AS packets_received,
    max(flow_observed_time) AS observed_time,
    min(time) AS first_time,
    max(time) AS last_time,
    uniqState(client_address) AS src_addresses,
    uniqState(server_address) AS dst_addresses
FROM
(
    SELECT
        time, cluster, network_transport, network_protocol, verdict, model_policy, reporter, source, simulated,
        egress_policy, egress_rule, ingress_policy, ingress_rule, staged_policy, policy_version,
        model_verdict AS flow_model_verdict, staged_verdict AS flow_staged_verdict, policies AS flow_policies,
        events AS flow_events, observed_time AS flow_observed_time,
        ifNull(is_reply, false) AS reply,
        if(reply, dst_entity, src_entity) AS client_entity, if(reply, src_entity, dst_entity) AS server_entity,
        if(reply, dst_namespace, src_namespace) AS client_namespace, if(reply, src_namespace, dst_namespace) AS server_namespace,
        if(reply, dst_workload, src_workload) AS client_workload, if(reply, src_workload, dst_workload) AS server_workload,
        if(reply, dst_workload_kind, src_workload_kind) AS client_workload_kind,
        if(reply, src_workload_kind, dst_workload_kind) AS server_workload_kind,
        if(reply, dst_node, src_node) AS client_node, if(reply, src_node, dst_node) AS server_node,
        if(reply, dst_domain, src_domain) AS client_domain, if(reply, src_domain, dst_domain) AS server_domain,
        if(reply, dst_address, src_address) AS client_address, if(reply, src_address, dst_address) AS server_address,
        if(reply, src_service, dst_service) AS server_service,
        if(reply, src_port, dst_port) AS server_port,
        if(reply, bytes_received, bytes_sent) AS client_bytes, if(reply, bytes_sent, bytes_received) AS server_bytes,
        if(reply, packets_received, packets_sent) AS client_packets, if(reply, packets_sent, packets_received) AS server_packets
    FROM seawall.flow{local}
)
GROUP BY ALL;

ALTER TABLE seawall.edge_hour_of_edge_minute{on_cluster} MODIFY QUERY
SELECT
    toDateTime64(toStartOfHour(minute), 9, 'UTC') AS hour,
    cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
    dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
    network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated,
    egress_policy, egress_rule, ingress_policy, ingress_rule, staged_policy, policy_version,
    sum(m.events) AS events,
    sum(m.reply_events) AS reply_events,
    sum(m.bytes_sent) AS bytes_sent,
    sum(m.bytes_received) AS bytes_received,
    sum(m.packets_sent) AS packets_sent,
    sum(m.packets_received) AS packets_received,
    max(m.observed_time) AS observed_time,
    min(m.first_time) AS first_time,
    max(m.last_time) AS last_time,
    uniqMergeState(m.src_addresses) AS src_addresses,
    uniqMergeState(m.dst_addresses) AS dst_addresses
FROM seawall.edge_minute{local} AS m
GROUP BY ALL;
