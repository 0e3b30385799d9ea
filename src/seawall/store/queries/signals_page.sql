-- A page of signals, newest first, continued from the last row of the page before.
-- The first page continues from (until, '').
-- reads: signal
-- since, until: the window, from (included) to (excluded)
-- before_time, before_id: time and signal_id of the last row seen
-- limit: rows in a page
SELECT *
FROM seawall.signal_now
WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)}
    AND (time, signal_id) < ({before_time:DateTime64(9)}, {before_id:String})
    AND {filter}
ORDER BY time DESC, signal_id DESC
LIMIT {limit:UInt32}
