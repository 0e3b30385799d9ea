-- Who looked at or did what in Seawall itself, newest first, continued from the last row of the page before.
-- reads: seawall_audit
-- since, until: the window, from (included) to (excluded)
-- before_at, before_id: `at` and `entry_id` of the last row seen
-- limit: rows in a page
SELECT *
FROM seawall.seawall_audit
WHERE {scope} AND at >= {since:DateTime64(9)} AND at < {until:DateTime64(9)} AND {filter}
    AND (at, entry_id) < ({before_at:DateTime64(9)}, {before_id:String})
ORDER BY at DESC, entry_id DESC
LIMIT 1 BY entry_id
LIMIT {limit:UInt32}
