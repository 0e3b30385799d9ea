-- The events of a window with the greatest values of a column; those without a value come last.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- limit: at most so many rows
SELECT {columns}, event_id
FROM seawall.{table}
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
ORDER BY {column} DESC NULLS LAST, time DESC, batch_id DESC, batch_row DESC
LIMIT {limit:UInt32}
