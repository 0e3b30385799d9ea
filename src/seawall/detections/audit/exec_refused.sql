-- One signal a refused session.
SELECT
    cluster,
    actor AS entity,
    namespace,
    '' AS workload,
    '' AS workload_kind,
    max(time) AS time,
    count() AS events,
    NULL AS score,
    concat(actor, ' was refused an exec in ', namespace, '/', name) AS title,
    [concat('answered ', toString(any(code)), ', from ', arrayElement(any(source_addresses), -1))] AS reasons,
    map('audit_id', audit_id) AS key,
    [concat('pod:', namespace, '/', name)] AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated
FROM seawall.audit
WHERE {slice} AND resource = 'pods' AND subresource = 'exec' AND code IN (401, 403)
GROUP BY cluster, actor, namespace, name, audit_id
