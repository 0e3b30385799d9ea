-- Events of one kind in a number of equal stretches of a window, split by the values of a column.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- start, step: its start and the length of a stretch, in nanoseconds
SELECT
    intDiv(toUnixTimestamp64Nano(time) - toInt64({start:UInt64}), toInt64({step:UInt64})) AS bucket,
    ifNull(toString({column}), '') AS value,
    count() AS rows
FROM seawall.{table}
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
GROUP BY bucket, value
ORDER BY bucket, value
