"""Checks of how things are exposed: services, ingresses, gateways."""
