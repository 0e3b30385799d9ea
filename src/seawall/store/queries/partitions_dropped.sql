-- Which partitions the disk guard dropped in the window, newest first.
-- reads: seawall_audit
-- since, until: the window, from (included) to (excluded)
-- action: what the guard notes it as
SELECT at, target, data
FROM seawall.seawall_audit
WHERE {scope} AND action = {action:String} AND at >= {since:DateTime64(9)} AND at < {until:DateTime64(9)}
ORDER BY at DESC, entry_id DESC
LIMIT 1 BY entry_id
LIMIT 200
