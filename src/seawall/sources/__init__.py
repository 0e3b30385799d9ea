"""Adapters in: where objects and events come from."""
