"""Checks of the exceptions themselves: what is accepted must be readable, in force and still needed."""
