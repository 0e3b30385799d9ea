-- With which sets of labels the pods of each workload were known in a window.
-- reads: identity_interval
-- since, until: the window, from (included) to (excluded)
SELECT namespace, workload, labels
FROM seawall.identity_interval_now
WHERE {scope} AND {filter} AND workload != '' AND notEmpty(labels)
    AND valid_from < {until:DateTime64(9)} AND (isNull(valid_to) OR valid_to > {since:DateTime64(9)})
GROUP BY ALL
