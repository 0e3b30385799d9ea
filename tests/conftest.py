"""Fixtures that tests of several packages share."""

from tests.oracle.plugin import oracle

__all__ = ["oracle"]
