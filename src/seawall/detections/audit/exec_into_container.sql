-- One signal a session that the API server opened; whether the kubelet ran anything, no entry says: ResponseStarted with code 101, or ResponseComplete of a server that logs only that.
SELECT
    cluster,
    actor AS entity,
    namespace,
    '' AS workload,
    '' AS workload_kind,
    max(time) AS time,
    count() AS events,
    NULL AS score,
    concat(actor, ' opened an exec of ', if(any(exec_command) = '', 'a command', any(exec_command)), ' in ', namespace, '/', name) AS title,
    [concat('from ', arrayElement(any(source_addresses), -1), ' with ', any(user_agent_original))] AS reasons,
    map('audit_id', audit_id) AS key,
    [concat('pod:', namespace, '/', name)] AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated
FROM seawall.audit
WHERE {slice} AND resource = 'pods' AND subresource = 'exec' AND code = 101
GROUP BY cluster, actor, namespace, name, audit_id
