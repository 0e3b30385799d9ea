"""What a namespace's labels ask for: a level and version to enforce, to audit and to warn at.

Source: k8s.io/pod-security-admission `api.PolicyToEvaluate`. Labels that say nothing fall back to the cluster's defaults; wrong ones make
enforcement strict (restricted, latest) and audit and warning silent, and the API server refuses to set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seawall.admit.pss.level import LATEST, Level, Version, parse_level, parse_version

PREFIX = "pod-security.kubernetes.io/"


class LevelVersion(NamedTuple):
    level: Level = Level.PRIVILEGED
    version: Version = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


class Policy(NamedTuple):
    """What happens to a pod in a namespace: refused unless it meets `enforce`, noted in the audit log by `audit`, warned about by `warn`."""

    enforce: LevelVersion = LevelVersion()
    audit: LevelVersion = LevelVersion()
    warn: LevelVersion = LevelVersion()

    @property
    def privileged(self) -> bool:
        """Whether nothing is looked at."""
        return all(mode.level is Level.PRIVILEGED for mode in self)


class Exemptions(NamedTuple):
    """Who the plugin looks away from, by exact name: the user who asks, the namespace, the pod's runtime class."""

    usernames: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    runtime_classes: frozenset[str] = frozenset()


class Configuration(NamedTuple):
    """The plugin's configuration on an API server; without a file, everything is privileged and nobody exempt."""

    defaults: Policy = Policy()
    exemptions: Exemptions = Exemptions()


def policy_of(labels: Mapping[str, str], defaults: Policy = Policy()) -> tuple[Policy, tuple[str, ...]]:  # noqa: B008  frozen
    """The policy of a namespace with `labels`, and what is wrong with them, label by label."""
    problems: list[str] = []

    def read_level(mode: str, default: Level, otherwise: Level) -> tuple[Level, bool, bool]:
        """The level, whether the label is there, and whether it could be read."""
        text = labels.get(PREFIX + mode)
        if text is None:
            return default, False, False
        try:
            return parse_level(text), True, True
        except ValueError as error:
            problems.append(f"metadata.labels[{PREFIX}{mode}]: {error}")
            return otherwise, True, False

    def read_version(mode: str, default: Version) -> tuple[Version, bool]:
        text = labels.get(f"{PREFIX}{mode}-version")
        if text is None:
            return default, False
        try:
            return parse_version(text), True
        except ValueError as error:
            problems.append(f"metadata.labels[{PREFIX}{mode}-version]: {error}")
            return LATEST, True

    enforce, _, enforce_said = read_level("enforce", defaults.enforce.level, Level.RESTRICTED)
    enforce_version, _ = read_version("enforce", defaults.enforce.version)
    audit, _, _ = read_level("audit", defaults.audit.level, Level.PRIVILEGED)
    audit_version, _ = read_version("audit", defaults.audit.version)
    warn, warn_there, _ = read_level("warn", defaults.warn.level, Level.PRIVILEGED)
    warn_version, warn_version_there = read_version("warn", defaults.warn.version)
    if not warn_there and enforce_said and enforce.rank > warn.rank:  # who enforces wants the warning too
        warn = enforce
        if not warn_version_there:
            warn_version = enforce_version
    policy = Policy(
        LevelVersion(enforce, enforce_version), LevelVersion(audit, audit_version), LevelVersion(warn, warn_version)
    )
    return policy, tuple(problems)


def read_configuration(document: Mapping[str, Any]) -> Configuration:
    """A PodSecurityConfiguration, alone or inside an AdmissionConfiguration. ValueError says what is wrong and where in the document.

    An AdmissionConfiguration that does not mention the plugin leaves it at its defaults.
    """
    kind = document.get("kind")
    if kind == "AdmissionConfiguration":
        for index, plugin in enumerate(_list(document, "plugins", "plugins")):
            if isinstance(plugin, Mapping) and plugin.get("name") == "PodSecurity":
                inner = plugin.get("configuration")
                if isinstance(inner, Mapping):
                    return read_configuration(inner)
                raise ValueError(
                    f"plugins[{index}] keeps its configuration elsewhere ({plugin.get('path') or 'nowhere'})"
                )
        return Configuration()
    if kind != "PodSecurityConfiguration":
        raise ValueError(f'kind is "{kind}", expected PodSecurityConfiguration or AdmissionConfiguration')
    defaults = _mapping(document, "defaults")
    exemptions = _mapping(document, "exemptions")
    modes: list[LevelVersion] = []
    for mode in ("enforce", "audit", "warn"):
        level, version = defaults.get(mode) or Level.PRIVILEGED, defaults.get(f"{mode}-version") or "latest"
        try:
            modes.append(LevelVersion(parse_level(str(level)), parse_version(str(version))))
        except ValueError as error:
            raise ValueError(f"defaults.{mode}: {error}") from None
    return Configuration(
        Policy(*modes),
        Exemptions(*(_names(exemptions, name) for name in ("usernames", "namespaces", "runtimeClasses"))),
    )


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is no mapping")
    return value


def _list(document: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = document.get(name) or []
    if not isinstance(value, list):
        raise ValueError(f"{where} is no list")
    return value


def _names(exemptions: Mapping[str, Any], name: str) -> frozenset[str]:
    names = _list(exemptions, name, f"exemptions.{name}")
    for index, entry in enumerate(names):
        if not isinstance(entry, str):
            raise ValueError(f"exemptions.{name}[{index}] is no text")
    return frozenset(names)
