-- All entries of some cases, oldest first.
-- reads: case_entry
-- cases: their ids
SELECT *
FROM seawall.case_entry
WHERE {scope} AND case_id IN {cases:Array(String)}
ORDER BY at, entry_id
