"""Who could come to more than they were given, explained as steps.

Looks at what bindings give, not at what runs: whether a pod with the account exists, whether admission stops a step and how far one leads to the next
is for the attack paths to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seawall.access.attributes import Attributes, groups_of
from seawall.access.decision import Grant, Principal, principal_of
from seawall.access.index import NO_NAME_YET, AccessIndex
from seawall.access.powers import EVERYTHING, POWERS, REACHES, Action, Power
from seawall.access.rbac import BoundRole, Held
from seawall.access.rules import allows


class Escalation(NamedTuple):
    """Somebody has a power in `namespace` ("" everywhere), for these `names` only (empty for all), by these grants, one for each thing it needs."""

    subject: Principal
    power: Power
    namespace: str
    names: tuple[str, ...]
    grants: tuple[Grant, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """What they would do, in order."""
        where = f"namespace {self.namespace}" if self.namespace else "any namespace"
        names = f" (only {', '.join(self.names)})" if self.names else ""
        return tuple(step.format(where=where, names=names) for step in self.power.steps)


class _Means(NamedTuple):
    """A grant that allows an action, and for which names only."""

    grant: Grant
    names: tuple[str, ...]


_ACTIONS: tuple[Action, ...] = tuple(
    dict.fromkeys(action for power in POWERS for need in power.needs for action in need)
)


class Escalations:
    """The powers of everybody in one index. Roles are looked at once each."""

    def __init__(self, index: AccessIndex) -> None:
        self._index = index
        self._actions_of: dict[int, dict[Action, tuple[str, ...]]] = {}

    def of(self, user: str, groups: Iterable[str] = ()) -> tuple[Escalation, ...]:
        """The powers of a user with all groups; a service account's own groups are added. Worst first."""
        held = self._index.rbac.held_anywhere(user, groups_of(user, tuple(groups)))
        return self._sorted(self._find(principal_of(user), held))

    def all(self) -> tuple[Escalation, ...]:
        """The powers of everybody whom bindings name, each by itself: a group's are told of the group. Worst first."""
        by_subject: dict[Principal, list[Held]] = defaultdict(list)
        for binding in self._index.rbac.bindings:
            for subject in binding.subjects:
                by_subject[subject].append(Held(binding, subject))
        return self._sorted(one for subject, held in by_subject.items() for one in self._find(subject, held))

    @staticmethod
    def _sorted(found: Iterable[Escalation]) -> tuple[Escalation, ...]:
        return tuple(
            sorted(found, key=lambda one: (REACHES[one.power.reach], one.power.id, one.subject, one.namespace))
        )

    def _find(self, subject: Principal, held: Iterable[Held]) -> Iterator[Escalation]:
        means: dict[str, dict[Action, _Means]] = defaultdict(dict)
        for one in held:
            if one.binding.role is None:
                continue
            grant = one.binding.grant(one.subject)
            here = means[one.binding.namespace]
            for action, names in self._actions(one.binding.role).items():
                known = here.get(action)
                if known is None or (known.names and not names):
                    here[action] = _Means(grant, names)
                elif known.names and names:
                    here[action] = _Means(known.grant, tuple(dict.fromkeys((*known.names, *names))))
        wide = means.pop("", {})
        whole: set[str] = set()  # where they may do everything, so that nothing more need be said
        for power in POWERS:
            everywhere = None if "" in whole else self._has(subject, power, power.only_in, wide, {})
            if everywhere is not None:
                yield everywhere
                if power is EVERYTHING:
                    whole.add("")
            if power.wide or "" in whole or (everywhere is not None and not everywhere.names):
                continue
            for namespace, local in means.items():
                if namespace in whole or power.only_in not in ("", namespace):
                    continue
                found = self._has(subject, power, namespace, wide, local)
                if found is not None and any(grant.namespace for grant in found.grants):
                    yield found
                    if power is EVERYTHING:
                        whole.add(namespace)

    @staticmethod
    def _has(
        subject: Principal, power: Power, namespace: str, wide: dict[Action, _Means], local: dict[Action, _Means]
    ) -> Escalation | None:
        chosen: list[_Means] = []
        for need in power.needs:
            found = [means for action in need for source in (local, wide) if (means := source.get(action)) is not None]
            if not found:
                return None
            chosen.append(next((means for means in found if not means.names), found[0]))
        names = next((means.names for means in chosen if means.names), ())
        return Escalation(subject, power, namespace, names, tuple(dict.fromkeys(means.grant for means in chosen)))

    def _actions(self, role: BoundRole) -> dict[Action, tuple[str, ...]]:
        """The actions of any power that the role allows, each with the names for which only."""
        known = self._actions_of.get(id(role))
        if known is None:
            known = self._actions_of[id(role)] = dict(self._look(role))
        return known

    @staticmethod
    def _look(role: BoundRole) -> Iterator[tuple[Action, tuple[str, ...]]]:
        for action in _ACTIONS:
            verb, group, combined = action
            resource, _, subresource = combined.partition("/")
            asked = Attributes(verb=verb, group=group, resource=resource, subresource=subresource)
            names: dict[str, None] = {}
            for rule in role.rules.candidates(asked):
                if not rule.resource_names:
                    if allows(rule, asked):
                        yield action, ()
                        break
                elif (subresource or verb not in NO_NAME_YET) and allows(
                    rule, asked._replace(name=rule.resource_names[0])
                ):
                    names |= dict.fromkeys(rule.resource_names)
            else:
                if names:
                    yield action, tuple(names)
