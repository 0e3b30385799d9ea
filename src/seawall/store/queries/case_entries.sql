-- Entries of the cases that had an entry in a window, all of them, oldest first.
-- reads: case_entry
-- since, until: the window, from (included) to (excluded)
-- cases: only these cases; empty for all
-- limit: at most so many cases, the newest
SELECT *
FROM seawall.case_entry
WHERE {scope} AND case_id IN
(
    SELECT case_id
    FROM seawall.case_entry
    WHERE {scope} AND at >= {since:DateTime64(9)} AND at < {until:DateTime64(9)} AND (empty({cases:Array(String)}) OR case_id IN {cases:Array(String)})
    GROUP BY case_id
    ORDER BY max(at) DESC
    LIMIT {limit:UInt32}
)
ORDER BY at, entry_id
