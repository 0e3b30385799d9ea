"""Who may do what: RBAC, Node and ABAC decided exactly as the API server decides them, from a Cluster alone.

    from seawall.access import AccessIndex, Attributes
    index = AccessIndex(cluster)
    index.can(Attributes("alice", ("dev",), verb="get", resource="secrets", namespace="shop"))   # Decision, with the binding
    index.who_can("get", "", "secrets", namespace="shop")                                        # and the other way round
    index.what_can("system:serviceaccount:shop:web")                                             # all of it, binding by binding

An index is built once for a Cluster and answers from it. Where what decides could not be read, the answer is None, never no.
"""

from seawall.access.attributes import Attributes, groups_of
from seawall.access.decision import Decision, Grant
from seawall.access.index import AccessIndex

__all__ = ["AccessIndex", "Attributes", "Decision", "Grant", "groups_of"]
