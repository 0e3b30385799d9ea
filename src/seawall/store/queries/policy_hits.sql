-- How often each rule decided in a window, by the model: one row for each direction, policy and rule; drafts as direction `staged`.
-- Of an edge that two reporters saw, the one that saw most is counted; packets from the client count, answers only where nothing else was seen.
-- The rows `all` and `judged` say how much was seen, and how much of that the model judged.
-- Whole minutes are counted: the window grows to the minutes it touches.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
SELECT decider.1 AS direction, decider.2 AS policy, decider.3 AS rule, sum(seen) AS hits, max(latest) AS last_time, max(made) AS any_simulated
FROM
(
    SELECT edge, decider, max(reported) AS seen, max(last) AS latest, max(simulated) AS made
    FROM
    (
        SELECT
            cityHash64(
                cluster, src_entity, src_namespace, src_workload, src_peer, dst_entity, dst_namespace, dst_workload, dst_peer, dst_service,
                network_transport, dst_port, verdict) AS edge,
            [
                ('egress', egress_policy, egress_rule), ('ingress', ingress_policy, ingress_rule), ('staged', staged_policy, ''),
                ('judged', policy_version != '' ? 'x' : '', ''), ('all', 'x', '')
            ] AS deciders,
            reporter, source,
            if(sum(m.events) > 0, sum(m.events), sum(m.reply_events)) AS reported,
            max(m.last_time) AS last,
            max(m.simulated) AS simulated
        FROM {edges} AS m
        GROUP BY edge, deciders, reporter, source
    )
    ARRAY JOIN deciders AS decider
    WHERE decider.2 != ''
    GROUP BY edge, decider
)
GROUP BY decider
ORDER BY direction, policy, rule
