"""The Go oracle: upstream's own code as the second opinion on what the engines decide.

``oracle()`` gives the one that a process shares; a test that calls it is skipped, with the reason, where Go is missing.
"""

from tests.oracle.answers import (
    Decision,
    Decisions,
    Documents,
    FieldError,
    LabelPolicy,
    Pss,
    PssFailure,
    Quantity,
    Selection,
    Validation,
    Yaml,
)
from tests.oracle.build import GoMissing
from tests.oracle.driver import Oracle, oracle
from tests.oracle.program import OracleError

__all__ = [
    "Decision",
    "Decisions",
    "Documents",
    "FieldError",
    "GoMissing",
    "LabelPolicy",
    "Oracle",
    "OracleError",
    "Pss",
    "PssFailure",
    "Quantity",
    "Selection",
    "Validation",
    "Yaml",
    "oracle",
]
