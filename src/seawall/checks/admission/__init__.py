"""Checks of admission: webhooks and policies."""
