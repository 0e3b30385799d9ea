"""Native detection rules: a declaration in YAML with the words a person reads, and its SQL beside it."""
