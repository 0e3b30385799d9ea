"""Checks of what runs: containers, security contexts, volumes, probes, resources."""
