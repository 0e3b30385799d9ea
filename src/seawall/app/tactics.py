"""ATT&CK techniques of the Containers matrix (Enterprise, v16), their names and tactics, in the order of an attack.

Source: MITRE ATT&CK, https://attack.mitre.org/matrices/enterprise/containers/. A sub-technique that is not listed belongs where its parent does.
"""

from __future__ import annotations

from collections.abc import Iterable

TACTICS = (
    "Initial Access",
    "Execution",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
    "Credential Access",
    "Discovery",
    "Lateral Movement",
    "Collection",
    "Command and Control",
    "Exfiltration",
    "Impact",
)

TECHNIQUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "T1190": ("Exploit Public-Facing Application", ("Initial Access",)),
    "T1133": ("External Remote Services", ("Initial Access", "Persistence")),
    "T1078": ("Valid Accounts", ("Initial Access", "Persistence", "Privilege Escalation", "Defense Evasion")),
    "T1609": ("Container Administration Command", ("Execution",)),
    "T1610": ("Deploy Container", ("Execution", "Defense Evasion")),
    "T1053.007": ("Container Orchestration Job", ("Execution", "Persistence", "Privilege Escalation")),
    "T1204.003": ("Malicious Image", ("Execution",)),
    "T1098": ("Account Manipulation", ("Persistence", "Privilege Escalation")),
    "T1098.006": ("Additional Container Cluster Roles", ("Persistence", "Privilege Escalation")),
    "T1136": ("Create Account", ("Persistence",)),
    "T1543.005": ("Container Service", ("Persistence", "Privilege Escalation")),
    "T1525": ("Implant Internal Image", ("Persistence",)),
    "T1611": ("Escape to Host", ("Privilege Escalation",)),
    "T1068": ("Exploitation for Privilege Escalation", ("Privilege Escalation",)),
    "T1612": ("Build Image on Host", ("Defense Evasion",)),
    "T1562": ("Impair Defenses", ("Defense Evasion",)),
    "T1070": ("Indicator Removal", ("Defense Evasion",)),
    "T1036": ("Masquerading", ("Defense Evasion",)),
    "T1550.001": ("Application Access Token", ("Defense Evasion", "Lateral Movement")),
    "T1110": ("Brute Force", ("Credential Access",)),
    "T1528": ("Steal Application Access Token", ("Credential Access",)),
    "T1552": ("Unsecured Credentials", ("Credential Access",)),
    "T1552.001": ("Credentials In Files", ("Credential Access",)),
    "T1552.007": ("Container API", ("Credential Access",)),
    "T1613": ("Container and Resource Discovery", ("Discovery",)),
    "T1046": ("Network Service Discovery", ("Discovery",)),
    "T1069": ("Permission Groups Discovery", ("Discovery",)),
    "T1485": ("Data Destruction", ("Impact",)),
    "T1499": ("Endpoint Denial of Service", ("Impact",)),
    "T1490": ("Inhibit System Recovery", ("Impact",)),
    "T1498": ("Network Denial of Service", ("Impact",)),
    "T1496": ("Resource Hijacking", ("Impact",)),
}
"""Id to (name, tactics)."""

_BESIDE: dict[str, tuple[str, ...]] = {
    "T1059": ("Execution",),
    "T1071": ("Command and Control",),
    "T1090": ("Command and Control",),
    "T1105": ("Command and Control",),
    "T1568": ("Command and Control",),
    "T1572": ("Command and Control",),
    "T1041": ("Exfiltration",),
    "T1048": ("Exfiltration",),
    "T1018": ("Discovery",),
    "T1087": ("Discovery",),
    "T1021": ("Lateral Movement",),
    "T1530": ("Collection",),
}
"""Enterprise techniques beyond the Containers matrix that rules name."""


def tactics_of(technique: str) -> tuple[str, ...]:
    """The tactics of a technique or sub-technique; () for one that is not known here."""
    parent = technique.partition(".")[0]
    for name in (technique, parent):
        if name in TECHNIQUES:
            return TECHNIQUES[name][1]
        if name in _BESIDE:
            return _BESIDE[name]
    return ()


def stages(techniques: Iterable[str]) -> list[str]:
    """The tactics that techniques can serve, in the order of an attack."""
    found = {tactic for technique in techniques for tactic in tactics_of(technique)}
    return [tactic for tactic in TACTICS if tactic in found]
