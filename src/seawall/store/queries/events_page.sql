-- A page of events of one kind, newest first, continued from the last row of the page before.
-- The first page continues from (until, '', 0).
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- before_time, before_batch, before_row: time, batch_id and batch_row of the last row seen
-- limit: rows in a page
SELECT {columns}, event_id
FROM seawall.{table}
WHERE {scope}
    AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)}
    AND time <= {before_time:DateTime64(9)}
    AND (time, batch_id, batch_row) < ({before_time:DateTime64(9)}, {before_batch:String}, {before_row:UInt32})
    AND {filter}
ORDER BY toStartOfFiveMinutes(time) DESC, time DESC, batch_id DESC, batch_row DESC
LIMIT {limit:UInt32}
