-- One signal an identity and window. A list counts as all secrets of its namespace, so two lists of different namespaces already are a sweep.
SELECT
    cluster,
    actor AS entity,
    if(uniqExact(namespace) = 1, any(namespace), '') AS namespace,
    '' AS workload,
    '' AS workload_kind,
    max(time) AS time,
    count() AS events,
    least(1., (read_by_name + 10 * listed) / 40.) AS score,
    concat(actor, ' read ', toString(read_by_name), ' secrets by name and listed those of ', toString(listed), ' places') AS title,
    [
        concat('distinct secrets: ', toString(read_by_name), '; namespaces: ', toString(uniqExact(namespace))),
        concat('from ', arrayStringConcat(groupUniqArray(5)(arrayElement(source_addresses, -1)), ', '))
    ] AS reasons,
    map() AS key,
    [] AS related,
    arraySlice(groupArray(event_id), 1, 100) AS evidence,
    max(simulated) AS simulated,
    uniqExactIf(tuple(namespace, name), name != '') AS read_by_name,
    uniqExactIf(namespace, name = '') AS listed
FROM seawall.audit
WHERE {slice}
    AND resource = 'secrets' AND verb IN ('get', 'list', 'watch') AND stage = 'ResponseComplete' AND code >= 200 AND code < 300
    AND NOT startsWith(actor, 'system:node:') AND actor NOT IN ('system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler')
    AND NOT startsWith(actor, 'system:serviceaccount:kube-system:')
GROUP BY cluster, actor
HAVING read_by_name >= 10 OR listed >= 2
