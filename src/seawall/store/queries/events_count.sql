-- How many events of one kind a window has.
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
SELECT count() AS rows
FROM seawall.{table}
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
