-- Which workload asked for which name in a window, and whether it was answered, most asked first.
-- Where both questions and answers are recorded, answers are counted.
-- reads: dns
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many pairs; `edges_in_all` says how many there are
SELECT
    cluster, namespace, workload, workload_kind, question, simulated,
    countIf(record = 'response') AS answered,
    countIf(record != 'response') AS asked,
    greatest(answered, asked) AS events,
    countIf(record = 'response' AND response_code = 'NOERROR') AS allowed,
    countIf(record = 'response' AND response_code != 'NOERROR' AND verdict != 'denied') AS errors,
    countIf(verdict = 'denied') AS denied,
    max(time) AS last_time,
    count() OVER () AS edges_in_all
FROM seawall.dns
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
GROUP BY cluster, namespace, workload, workload_kind, question, simulated
ORDER BY events DESC, cluster, namespace, workload, question
LIMIT {limit:UInt32}
