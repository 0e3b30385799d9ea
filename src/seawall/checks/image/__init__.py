"""Checks of image references."""
