"""Pod Security Standards of every version, judged as the upstream plugin does.

    from seawall.admit.pss import Assessment, Level, violations
    violations(workload, "restricted", "v1.24")     # what stands in the way, by upstream check id, with field paths
    Assessment(workload).tightest()                 # the strictest level it meets

Works on every Workload view: pods and all kinds that hold a pod template.
"""

from seawall.admit.pss.admission import Admission, admit
from seawall.admit.pss.advice import Advice, Obstacle, advise, measure
from seawall.admit.pss.check import Check, Fault, Violation
from seawall.admit.pss.level import LATEST, Level, Version, parse_level, parse_version, version_of
from seawall.admit.pss.policy import Configuration, Exemptions, LevelVersion, Policy, policy_of, read_configuration
from seawall.admit.pss.standard import CHECKS, NEWEST, Assessment, checks_at, violations

__all__ = [
    "CHECKS",
    "LATEST",
    "NEWEST",
    "Admission",
    "Advice",
    "Assessment",
    "Check",
    "Configuration",
    "Exemptions",
    "Fault",
    "Level",
    "LevelVersion",
    "Obstacle",
    "Policy",
    "Version",
    "Violation",
    "admit",
    "advise",
    "checks_at",
    "measure",
    "parse_level",
    "parse_version",
    "policy_of",
    "read_configuration",
    "version_of",
    "violations",
]
