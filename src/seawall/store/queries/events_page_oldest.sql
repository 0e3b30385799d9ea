-- A page of events of one kind, oldest first, continued from the last row of the page before.
-- The first page continues from (since - 1, '', 0).
-- reads: KIND
-- since, until: the window, from (included) to (excluded)
-- after_time, after_batch, after_row: time, batch_id and batch_row of the last row seen
-- limit: rows in a page
SELECT {columns}, event_id
FROM seawall.{table}
WHERE {scope}
    AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)}
    AND time >= {after_time:DateTime64(9)}
    AND (time, batch_id, batch_row) > ({after_time:DateTime64(9)}, {after_batch:String}, {after_row:UInt32})
    AND {filter}
ORDER BY toStartOfFiveMinutes(time), time, batch_id, batch_row
LIMIT {limit:UInt32}
