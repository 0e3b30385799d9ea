"""Signals that touch the same entity within a while belong to one story.

Pure and order-free: whoever correlates the same signals makes the same entries, so it may run twice or on two servers.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seawall.model.finding import Severity
from seawall.respond.case import MERGED, OPENED, SIGNAL, Case, CaseSignal
from seawall.respond.entry import Entry, derived_id

GAP = 2 * 3600 * 1_000_000_000
"""How long (ns) a story may pause and still be the same one."""

OPENS_FROM = Severity.MEDIUM
"""A signal below this joins a story but begins none."""

_ACTOR = "seawall"


class _Story:
    """A case, or severe signals that have none yet, while stories grow together."""

    def __init__(self, case: Case | None, signals: Iterable[CaseSignal]) -> None:
        self.cases = [case] if case is not None else []
        self.signals = list(signals)
        self.entities = (
            set(case.entities) if case is not None else {entity for one in self.signals for entity in one.entities}
        )
        self.first = case.first_seen if case is not None else min(one.time for one in self.signals)
        self.last = case.last_seen if case is not None else max(one.time for one in self.signals)

    def touches(self, entities: Iterable[str], first: int, last: int) -> bool:
        return not self.entities.isdisjoint(entities) and self.first - GAP <= last and first <= self.last + GAP

    def absorb(self, other: _Story) -> None:
        self.cases += other.cases
        self.signals += other.signals
        self.entities |= other.entities
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)

    @property
    def order(self) -> tuple[int, int, str]:
        """Older cases first, then by the first signal."""
        if self.cases:
            oldest = min(self.cases, key=lambda one: (one.opened_at, one.id))
            return 0, oldest.opened_at, oldest.id
        first = min(self.signals, key=lambda one: (one.time, one.id))
        return 1, first.time, first.id


def correlate(cluster: str, signals: Iterable[CaseSignal], cases: Iterable[Case], at: int) -> list[Entry]:
    """The entries (written `at`, ns) that put `signals` of `cluster`, none of which is in a case yet, into `cases` or into new ones.

    Cases and severe signals grow together as long as any two touch. Then the small signals join what they touch, without widening it.
    """
    waiting = sorted(signals, key=lambda one: (one.time, one.id))
    severe = [one for one in waiting if one.severity.rank >= OPENS_FROM.rank]
    active = [case for case in cases if case.active and case.cluster == cluster]
    stories = _grown([*(_Story(case, ()) for case in active), *(_Story(None, [one]) for one in severe)])
    for small in waiting:
        if small.severity.rank < OPENS_FROM.rank:
            home = next((story for story in stories if story.touches(small.entities, small.time, small.time)), None)
            if home is not None:
                home.signals.append(small)
    return [entry for story in stories for entry in _entries(story, cluster, at)]


def _grown(stories: list[_Story]) -> list[_Story]:
    """Stories merged until no two touch. The result does not depend on the order: a merged story touches whatever its parts touched."""
    grown: list[_Story] = []
    for story in stories:
        while (
            near := next((one for one in grown if one.touches(story.entities, story.first, story.last)), None)
        ) is not None:
            grown.remove(near)
            story.absorb(near)
        grown.append(story)
    return sorted(grown, key=lambda one: one.order)


def _entries(story: _Story, cluster: str, at: int) -> list[Entry]:
    if not story.signals and len(story.cases) < 2:
        return []
    entries: list[Entry] = []
    ordered = sorted(story.signals, key=lambda one: (one.time, one.id))
    if story.cases:
        home, *others = sorted(story.cases, key=lambda one: (one.opened_at, one.id))
        case = home.id
        for other in others:
            entries.append(_entry(other.id, cluster, at, MERGED, case, {"into": case}, ""))
            entries += [_signal_entry(case, cluster, at, one) for one in other.signals]
    else:
        first = next(one for one in ordered if one.severity.rank >= OPENS_FROM.rank)
        case = derived_id("case", cluster, first.id)
        entries.append(
            _entry(
                case,
                cluster,
                at,
                OPENED,
                case,
                {"title": first.title, "severity": first.severity.value},
                first.namespace,
            )
        )
    return entries + [_signal_entry(case, cluster, at, one) for one in ordered]


def _signal_entry(case: str, cluster: str, at: int, signal: CaseSignal) -> Entry:
    return _entry(case, cluster, at, SIGNAL, signal.id, msgspec.to_builtins(signal), signal.namespace)


def _entry(case: str, cluster: str, at: int, action: str, about: str, data: dict[str, object], namespace: str) -> Entry:
    return Entry(derived_id(case, action, about), case, cluster, at, _ACTOR, action, data, namespace=namespace)
