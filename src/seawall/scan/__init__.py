"""Runs checks over a Cluster and says what was found, what could not be told, and what somebody accepted."""
