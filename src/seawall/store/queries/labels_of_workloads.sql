-- With which sets of labels pods of each workload were recorded in a window.
-- reads: flow
-- since, until: the window, from (included) to (excluded)
SELECT namespace, workload, labels
FROM
(
    SELECT src_namespace AS namespace, src_workload AS workload, src_labels AS labels
    FROM seawall.flow
    WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
    UNION ALL
    SELECT dst_namespace, dst_workload, dst_labels
    FROM seawall.flow
    WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
)
WHERE workload != '' AND notEmpty(labels)
GROUP BY ALL
