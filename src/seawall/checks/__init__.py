"""Checks: one file each, by family. The docstring is the documentation, the decorator the metadata, the function the logic."""
