"""Checks of namespaces: levels, quotas, what lives where."""
