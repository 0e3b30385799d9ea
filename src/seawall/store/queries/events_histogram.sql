-- Events of one kind over time, split by the values of a column.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- step: seconds in a bucket
SELECT
    toStartOfInterval(time, toIntervalSecond({step:UInt32})) AS bucket,
    ifNull(toString({column}), '') AS value,
    count() AS rows
FROM seawall.{table}
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
GROUP BY bucket, value
ORDER BY bucket, value
