"""What exists, as values: `cluster` (what is configured), `event` (what happened), `finding` (what matters), `plan` (what would change)."""
