-- From where each workload was reached in a window: 3 from public addresses, 2 from other namespaces or nodes, 1 from its own namespace, 0 from addresses that tell nothing.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
SELECT
    cluster,
    dst_namespace,
    dst_workload,
    max(multiIf(
        src_entity = 'external' AND NOT match(src_peer, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|169\\.254\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.|f[cd][0-9a-f][0-9a-f]:|fe80:)'), 3,
        src_entity IN ('pod', 'node', 'service') AND src_namespace != dst_namespace, 2,
        src_entity = 'pod', 1,
        0)) AS reach
FROM {edges}
WHERE dst_workload != ''
GROUP BY cluster, dst_namespace, dst_workload
ORDER BY cluster, dst_namespace, dst_workload
