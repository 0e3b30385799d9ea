-- The values a column really has in a window, most frequent first: what completion offers.
-- Looks at up to two million of the window's rows.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- typed: part of the value, any case; '' for all
-- limit: at most so many values
SELECT value, count() AS rows
FROM
(
    SELECT toString({column}) AS value
    FROM seawall.{table}
    WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
        AND isNotNull({column}) AND positionCaseInsensitiveUTF8(toString({column}), {typed:String}) > 0
    LIMIT 2000000
)
GROUP BY value
ORDER BY rows DESC, value
LIMIT {limit:UInt32}
