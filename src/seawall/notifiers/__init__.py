"""Notifiers: one file a kind of receiver."""
