-- As events_values, for a column that holds lists: the elements.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- typed: part of the value, any case; '' for all
-- limit: at most so many values
SELECT value, count() AS rows
FROM
(
    SELECT toString(arrayJoin({column})) AS value
    FROM seawall.{table}
    WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
    LIMIT 2000000
)
WHERE positionCaseInsensitiveUTF8(value, {typed:String}) > 0
GROUP BY value
ORDER BY rows DESC, value
LIMIT {limit:UInt32}
