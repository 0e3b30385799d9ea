-- All entries of case_entry, oldest first: what a state is folded from.
-- reads: case_entry
SELECT *
FROM seawall.case_entry
WHERE {scope}
ORDER BY at, entry_id
