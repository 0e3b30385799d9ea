-- One signal a request that bound somebody to cluster-admin.
SELECT
    cluster,
    actor AS entity,
    namespace,
    '' AS workload,
    '' AS workload_kind,
    max(time) AS time,
    count() AS events,
    NULL AS score,
    concat(actor, ' bound ', any(body_features['subjects']), ' to cluster-admin (', name, ')') AS title,
    [concat(any(verb), ' of ', any(resource), ', from ', arrayElement(any(source_addresses), -1))] AS reasons,
    map('audit_id', audit_id) AS key,
    arrayMap(one -> concat('subject:', one), arrayFilter(one -> one != '', splitByChar(',', any(body_features['subjects'])))) AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated
FROM seawall.audit
WHERE {slice}
    AND resource IN ('clusterrolebindings', 'rolebindings') AND verb IN ('create', 'update', 'patch') AND code >= 200 AND code < 300
    AND body_features['role'] = 'cluster-admin' AND actor != 'system:apiserver'
GROUP BY cluster, actor, namespace, name, audit_id
