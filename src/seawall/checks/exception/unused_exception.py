"""Exception that covers nothing.

What: an exception in force covers no finding of the scan, or is about a rule that does not exist.
Why: it silently accepts the fault when it comes back, for reasons that nobody remembers; or it never did what it was written for.
Severity: low, because nothing is wrong today.
Fix: delete it, or mend its rule or its selector.
Limits: where a rule that it is about did not take part, or not in every namespace, nothing is said. One that repeats another covers nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.scan.exceptions import Standing
from seawall.spi import catalogue
from seawall.spi.check import LOW, Context, Hit, Unknown, check
from seawall.spi.frameworks import OWASP


@check("exception/unused-exception", on=Standing, severity=LOW, since="0.1", maps=(OWASP("K04"),))
def unused_exception(standing: Standing, context: Context) -> Iterator[Hit | Unknown]:
    one = standing.exemption
    if standing.ended or standing.covers or not standing.judged:
        return
    if standing.undecided:
        yield Unknown(standing.path, f"{one.rule} could not be told everywhere")
    elif any(one.covers(check.id) for check in catalogue.checks()):
        yield Hit(standing.path, f"{one.rule}, accepted by {one.owner}: no finding of it is left", key=one.rule)
    else:
        yield Hit(standing.path, f"{one.rule}: there is no such rule", key=one.rule)
