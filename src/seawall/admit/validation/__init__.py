"""Which pods the API server refuses, and for which field: the validation of Kubernetes 1.36, as far as `refusals` says it goes.

    from seawall.admit.validation import refusals
    for refusal in refusals(workload): print(refusal.path, refusal.what)

Works on every Workload view. Not judged: affinity, topology spread, DNS configuration, resource claims, Windows options, overhead, and of
volumes other than host paths, secrets, config maps and claims whatever stands inside. Nor what admission plugins and webhooks refuse.
"""

from seawall.admit.validation.pod import refusals
from seawall.admit.validation.refusal import Refusal

__all__ = ["Refusal", "refusals"]
