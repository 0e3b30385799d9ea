-- What was created, changed or deleted in a window, by the audit log, newest first.
-- Heartbeats of the cluster itself (leases, events, status) are left out.
-- reads: audit
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many changes
SELECT time, cluster, verb, api_group, resource, subresource, namespace, name, actor, code, event_id, simulated
FROM seawall.audit
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
    AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
    AND stage = 'ResponseComplete' AND code < 400
    AND resource NOT IN ('', 'events', 'leases', 'tokenreviews', 'subjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'localsubjectaccessreviews', 'endpoints', 'endpointslices')
    AND subresource NOT IN ('status', 'token', 'exec', 'attach', 'portforward', 'log', 'proxy', 'binding')
ORDER BY toStartOfFiveMinutes(time) DESC, time DESC, batch_id DESC, batch_row DESC
LIMIT {limit:UInt32}
