"""Exception that cannot be read.

What: a line of the annotation `seawall.dev/allow` lacks its rule, day, owner or reason.
Why: somebody believes that a fault is accepted, and it is not; or that nobody accepts it, and it was meant to be.
Severity: medium, because it hides no fault but the people's agreement on it.
Fix: write `RULE until=YYYY-MM-DD owner=WHO reason`, in this order.
Limits: the annotation of the object itself is read, not that of a pod template, nor the copy that a Deployment gives its ReplicaSets.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model.cluster.meta import Object
from seawall.scan.exceptions import ANNOTATION, parse_annotation
from seawall.spi.check import MEDIUM, Context, Hit, check
from seawall.spi.frameworks import OWASP


@check("exception/unreadable-exception", on=Object, severity=MEDIUM, since="0.1", maps=(OWASP("K04"),))
def unreadable_exception(thing: Object, context: Context) -> Iterator[Hit]:
    text = thing.metadata.annotations.get(ANNOTATION)
    if text is not None and thing.metadata.controller is None:
        for one in parse_annotation(text, str(thing.ref))[1]:
            yield Hit(f"metadata.annotations.{ANNOTATION}", f"{one.why}: {one.line}", key=one.line)
