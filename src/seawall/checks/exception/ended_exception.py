"""Exception past its end.

What: the last day of an exception is past.
Why: what it covered counts as a fault again, and nobody decided so.
Severity: low, because the fault itself is reported with its own severity.
Fix: mend the fault, or agree on a new day; delete the exception otherwise.
Limits: without a day to judge by (a scan of files through the API) nothing has ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.scan.exceptions import Standing
from seawall.spi.check import LOW, Context, Hit, check
from seawall.spi.frameworks import OWASP


@check("exception/ended-exception", on=Standing, severity=LOW, since="0.1", maps=(OWASP("K04"),))
def ended_exception(standing: Standing, context: Context) -> Iterator[Hit]:
    one = standing.exemption
    if standing.ended:
        yield Hit(
            standing.path, f"{one.rule} was accepted by {one.owner} until {one.until}", key=f"{one.rule} {one.until}"
        )
