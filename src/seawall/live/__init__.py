"""Watch deltas become successive Clusters, what changed between them, who owned an address when, and the life of findings."""
