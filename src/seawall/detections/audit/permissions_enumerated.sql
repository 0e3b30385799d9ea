-- One signal an identity and window.
SELECT
    cluster,
    actor AS entity,
    '' AS namespace,
    '' AS workload,
    '' AS workload_kind,
    max(time) AS time,
    count() AS events,
    least(1., refused_kinds / 20. + asked / 4.) AS score,
    concat(actor, ' was refused on ', toString(refused_kinds), ' kinds and asked for its rights ', toString(asked), ' times') AS title,
    [concat('from ', arrayStringConcat(groupUniqArray(5)(arrayElement(source_addresses, -1)), ', '))] AS reasons,
    map() AS key,
    [] AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated,
    uniqExactIf(tuple(api_group, resource, verb), code = 403) AS refused_kinds,
    countIf(resource IN ('selfsubjectaccessreviews', 'selfsubjectrulesreviews')) AS asked
FROM seawall.audit
WHERE {slice} AND stage = 'ResponseComplete' AND (code = 403 OR resource IN ('selfsubjectaccessreviews', 'selfsubjectrulesreviews'))
    AND NOT startsWith(actor, 'system:node:') AND NOT startsWith(actor, 'system:serviceaccount:kube-system:') AND NOT startsWith(actor, 'system:kube-')
GROUP BY cluster, actor
HAVING refused_kinds >= 5
