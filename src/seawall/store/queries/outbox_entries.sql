-- All entries of outbox, oldest first: what a state is folded from.
-- reads: outbox
SELECT *
FROM seawall.outbox
WHERE {scope}
ORDER BY at, entry_id
