"""Checks of gateways and routes."""
