"""Checks of ingresses."""
