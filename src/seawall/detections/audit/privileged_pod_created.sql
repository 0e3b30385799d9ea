-- One signal a request that was accepted.
SELECT
    cluster,
    actor AS entity,
    namespace,
    if(resource = 'pods', '', name) AS workload,
    any(body_features['kind']) AS workload_kind,
    max(time) AS time,
    count() AS events,
    NULL AS score,
    concat(actor, ' created ', resource, ' ', namespace, '/', name, ' with power over its node') AS title,
    arrayConcat(
        if(any(body_features['privileged']) != '', ['privileged container'], []),
        if(any(body_features['host_path']) != '', [concat('host path ', any(body_features['host_path']))], []),
        if(any(body_features['host_network']) != '', ['network of the host'], []),
        if(any(body_features['host_pid']) != '', ['processes of the host'], [])
    ) AS reasons,
    map('audit_id', audit_id) AS key,
    [concat(if(resource = 'pods', 'pod:', 'workload:'), namespace, '/', name)] AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated
FROM seawall.audit
WHERE {slice}
    AND resource IN ('pods', 'deployments', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs', 'replicasets', 'replicationcontrollers')
    AND subresource = '' AND verb = 'create' AND code >= 200 AND code < 300
    AND (body_features['privileged'] != '' OR body_features['host_path'] != '' OR body_features['host_pid'] != '' OR body_features['host_network'] != '')
    AND NOT startsWith(actor, 'system:serviceaccount:kube-system:') AND NOT startsWith(actor, 'system:node:')
    AND actor NOT IN ('system:apiserver', 'system:kube-controller-manager')
GROUP BY cluster, actor, namespace, name, resource, audit_id
