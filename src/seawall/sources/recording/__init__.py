"""Recordings: what a cluster was and what happened in it for a while, in one file that holds no secret value."""
