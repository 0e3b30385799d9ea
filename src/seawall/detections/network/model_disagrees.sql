-- Each reporter tells of its own side: of a packet that left it is not known whether it arrived, so what is compared with it is what the model says of leaving.
-- An answer, or a packet that was let in, tells of the whole connection.
-- One signal for each pair of ends, port and way of differing. A window shows what held when it was judged: policies that came later are no disagreement,
-- nor are those of the last minute, which a dataplane may not have taken up.
SELECT
    cluster,
    server AS entity,
    server_namespace AS namespace,
    server_workload AS workload,
    any(server_kind) AS workload_kind,
    max(time) AS time,
    sum(f.events) AS events,
    if(did = 'allowed', 0.8, 0.5) AS score,
    concat(client, ' → ', server, ' ', network_transport, '/', toString(port), ': ',
        if(did = 'allowed', 'passed, though the policies deny it', 'dropped, though the policies allow it')) AS title,
    [
        concat('the dataplane (', any(verdict_source), ') says ', did, if(any(f.drop_reason) != '', concat(': ', any(f.drop_reason)), ''),
            if(empty(any(f.policies)), '', concat(', by ', arrayStringConcat(any(f.policies), ', ')))),
        concat('the model says ', held, ', by ', if(any(f.model_policy) = '', 'no policy', concat(any(f.model_policy), ' ', any(f.model_rule))),
            ' (policies ', any(f.policy_version), ')'),
        concat('leaving the client: ', if(any(f.egress_policy) = '', 'no policy says anything', concat(any(f.egress_policy), ' ', any(f.egress_rule))),
            '; reaching the server: ', if(any(f.ingress_policy) = '', 'no policy says anything', concat(any(f.ingress_policy), ' ', any(f.ingress_rule))))
    ] AS reasons,
    map('client', client, 'port', concat(network_transport, '/', toString(port)), 'dataplane', did) AS key,
    if(client_workload = '', [], [concat('workload:', client)]) AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated
FROM
(
    SELECT
        cluster, time, events, event_id, simulated, verdict_source, drop_reason, policies, network_transport,
        if(verdict = 'audit', 'allowed', verdict) AS did,
        multiIf(ifNull(is_reply, false), model_verdict, direction = 'egress', egress_verdict, direction = 'ingress' AND verdict = 'denied', ingress_verdict,
            model_verdict) AS held,
        model_policy, model_rule, egress_policy, egress_rule, ingress_policy, ingress_rule, policy_version,
        ifNull(is_reply, false) AS reply,
        if(reply, dst_namespace, src_namespace) AS client_namespace, if(reply, dst_workload, src_workload) AS client_workload,
        concat(client_namespace, if(client_namespace = '', '', '/'),
            if(client_workload != '', client_workload, if(reply, dst_address, src_address))) AS client,
        if(reply, src_namespace, dst_namespace) AS server_namespace, if(reply, src_workload, dst_workload) AS server_workload,
        if(reply, src_workload_kind, dst_workload_kind) AS server_kind,
        concat(server_namespace, if(server_namespace = '', '', '/'),
            if(server_workload != '', server_workload, if(reply, src_address, dst_address))) AS server,
        if(reply, src_port, dst_port) AS port
    FROM seawall.flow
    WHERE {slice}
        AND verdict IN ('allowed', 'audit', 'denied') AND held IN ('allowed', 'denied') AND did != held
        AND model_basis != 'address' AND ifNull(addMinutes(policy_since, 1) <= time, true)
        AND (verdict != 'denied' OR drop_reason = '' OR positionCaseInsensitive(drop_reason, 'policy') > 0)
) AS f
GROUP BY cluster, client, client_workload, server, server_namespace, server_workload, network_transport, port, did, held
