"""Checks of who may do what: roles, bindings, service accounts, tokens."""
