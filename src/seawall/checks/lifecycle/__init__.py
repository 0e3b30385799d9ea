"""Checks of what Kubernetes itself deprecates, removes, stops to mend or has not finished."""
