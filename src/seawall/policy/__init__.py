"""Network policy: every dialect lowered into one ordered-tier model, and what can be asked of it.

`world` says who can talk (pods, nodes, the outside), `lower` turns policy objects into rules, `judge` answers one connection with its trace,
`relation` answers all of them at once, `questions` holds what people ask.
"""
