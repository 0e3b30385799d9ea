"""Checks of secrets and where they leak."""
