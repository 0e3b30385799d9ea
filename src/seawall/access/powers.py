"""The permissions by which somebody comes to more than they were given, and how, step by step.

Each power needs one permission of every group in `needs`. In the texts `{where}` is "namespace X" or "any namespace", `{names}` is "" or " (only NAMES)".
Sources: the Kubernetes documentation on RBAC good practices and on escalation prevention, and the authorizers and admission of v1.36 by which each
was checked. Not here: what needs no API permission (an exploited kernel) and what a cloud adds.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Action = tuple[str, str, str]
"""Verb, API group and resource (`pods/exec`)."""
Reach = Literal["cluster", "node", "account", "secret", "traffic", "guard", "inside"]
"""What is won: everything; a node; the rights of another identity; secrets; others' traffic; a guard taken away; the inside of pods and services."""


class Power(NamedTuple):
    """`wide` powers count only where they hold for the whole cluster, `only_in` only in that namespace. `attack` are MITRE ATT&CK technique ids."""

    id: str
    title: str
    reach: Reach
    needs: tuple[tuple[Action, ...], ...]
    steps: tuple[str, ...]
    attack: tuple[str, ...]
    wide: bool = False
    only_in: str = ""


_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"


def _any(verbs: str, group: str, *resources: str) -> tuple[Action, ...]:
    return tuple((verb, group, resource) for resource in resources for verb in verbs.split())


_RUN = (
    *_any("create", "", "pods"),
    *_any("create update patch", "", "replicationcontrollers"),
    *_any("create update patch", "apps", "deployments", "daemonsets", "statefulsets", "replicasets"),
    *_any("create update patch", "batch", "jobs", "cronjobs"),
)

EVERYTHING = Power(
    "everything",
    "may do everything",
    "cluster",
    ((("*", "*", "*"),),),
    ("every verb on every resource of {where}: nothing else is needed",),
    ("T1078.004",),
)

POWERS: tuple[Power, ...] = (
    EVERYTHING,
    Power(
        "escalate-cluster-roles",
        "may write rules into cluster roles that they do not have",
        "cluster",
        (_any("escalate", _RBAC, "clusterroles"), _any("update patch create", _RBAC, "clusterroles")),
        (
            "edit a cluster role that is bound to them{names} and add any rule; `escalate` skips the check that they have it themselves",
        ),
        ("T1098.006",),
        wide=True,
    ),
    Power(
        "escalate-roles",
        "may write rules into roles that they do not have",
        "account",
        (_any("escalate", _RBAC, "roles"), _any("update patch create", _RBAC, "roles")),
        (
            "edit a role in {where} that is bound to them{names} and add any rule; `escalate` skips the check that they have it themselves",
        ),
        ("T1098.006",),
    ),
    Power(
        "bind-cluster-wide",
        "may bind cluster roles to anybody, everywhere",
        "cluster",
        (_any("bind", _RBAC, "clusterroles"), _any("create update patch", _RBAC, "clusterrolebindings")),
        (
            "create a cluster role binding of a powerful cluster role{names} to themselves; `bind` skips the check that they have its rules",
        ),
        ("T1098.006",),
        wide=True,
    ),
    Power(
        "bind-in-namespace",
        "may bind roles to anybody",
        "account",
        (_any("bind", _RBAC, "clusterroles", "roles"), _any("create update patch", _RBAC, "rolebindings")),
        (
            "create a role binding in {where} of a powerful role{names} to themselves; `bind` skips the check that they have its rules",
        ),
        ("T1098.006",),
    ),
    Power(
        "impersonate-users",
        "may act as any user",
        "cluster",
        (_any("impersonate", "", "users"),),
        ("send requests with Impersonate-User{names}: an administrator's name gives an administrator's rights",),
        ("T1078.004",),
        wide=True,
    ),
    Power(
        "impersonate-groups",
        "may act as a member of any group",
        "cluster",
        (_any("impersonate", "", "groups"), _any("impersonate", "", "users", "serviceaccounts")),
        (
            "send requests with Impersonate-User and Impersonate-Group: system:masters{names}, whom no authorizer refuses anything",
        ),
        ("T1078.004",),
        wide=True,
    ),
    Power(
        "impersonate-accounts",
        "may act as service accounts",
        "account",
        (_any("impersonate", "", "serviceaccounts"),),
        ("send requests with Impersonate-User: system:serviceaccount:NAMESPACE:NAME of {where}{names}",),
        ("T1078.004",),
    ),
    Power(
        "create-tokens",
        "may make tokens of service accounts",
        "account",
        (_any("create", "", "serviceaccounts/token"),),
        ("ask for a token of a service account in {where}{names} (kubectl create token)", "use it as that account"),
        ("T1528",),
    ),
    Power(
        "read-secrets",
        "may read secrets",
        "secret",
        (_any("get list watch", "", "secrets"),),
        (
            "read the secrets of {where}{names}",
            "use what they hold: passwords, keys, and tokens of service accounts where such still exist",
        ),
        ("T1552.007",),
    ),
    Power(
        "mint-account-secrets",
        "may make lasting tokens by way of secrets",
        "account",
        (_any("create", "", "secrets"), _any("get list watch", "", "secrets")),
        (
            "create a secret of type kubernetes.io/service-account-token in {where} that names a service account",
            "read the token that the control plane writes into it; it does not expire",
        ),
        ("T1528", "T1098"),
    ),
    Power(
        "bootstrap-nodes",
        "may make bootstrap tokens",
        "node",
        (_any("create update patch", "", "secrets"),),
        (
            "create a secret of type bootstrap.kubernetes.io/token in kube-system",
            "join as a node with it: the certificate is approved by itself in most clusters",
            "read, as that node, the secrets of every pod that is scheduled there",
        ),
        ("T1098",),
        only_in="kube-system",
    ),
    Power(
        "run-pods",
        "may run pods",
        "account",
        (_RUN,),
        (
            "run a pod in {where} under any service account of the namespace, with any of its secrets mounted",
            "read the token at /var/run/secrets/kubernetes.io/serviceaccount and use it as that account",
            "where Pod Security admits it: mount the node's file system or run privileged, and own the node",
        ),
        ("T1610", "T1611"),
    ),
    Power(
        "replace-images",
        "may change the image of running pods",
        "account",
        (_any("update patch", "", "pods"),),
        (
            "change the image of a pod in {where}{names} to one of their own",
            "its container restarts as theirs, under the pod's service account and with its mounts",
        ),
        ("T1525", "T1610"),
    ),
    Power(
        "exec-into-pods",
        "may run commands in pods",
        "account",
        (_any("create get", "", "pods/exec", "pods/attach"),),
        (
            "run a shell in a pod of {where}{names} (kubectl exec; before v1.35 `get` was enough for it)",
            "read its token and secrets, and use them as the pod's service account",
        ),
        ("T1609",),
    ),
    Power(
        "add-ephemeral-containers",
        "may add containers to running pods",
        "account",
        (_any("update patch", "", "pods/ephemeralcontainers"),),
        (
            "add a container with an image of their own to a pod of {where}{names} (kubectl debug)",
            "see its processes and files, and use its service account",
        ),
        ("T1610",),
    ),
    Power(
        "node-proxy",
        "may speak to kubelets",
        "node",
        (_any("get create", "", "nodes/proxy"),),
        (
            "send requests to a kubelet through the API server or straight to its port 10250{names}",
            "run commands in every pod of that node: neither admission nor the audit log of the API server sees them",
        ),
        ("T1609",),
        wide=True,
    ),
    Power(
        "sign-client-certificates",
        "may approve certificates that they asked for",
        "cluster",
        (
            _any("create", _CERTIFICATES, "certificatesigningrequests"),
            _any("update patch", _CERTIFICATES, "certificatesigningrequests/approval"),
            _any("approve", _CERTIFICATES, "signers"),
        ),
        (
            "ask for a client certificate of signer kubernetes.io/kube-apiserver-client{names} in the name of an administrator or of a node",
            "approve it; it cannot be revoked before it expires (system:masters alone is refused)",
        ),
        ("T1098", "T1649"),
        wide=True,
    ),
    Power(
        "intercept-by-webhook",
        "may put themselves before every write",
        "cluster",
        (_any("create update patch", _ADMISSION, "mutatingwebhookconfigurations", "mutatingadmissionpolicies"),),
        (
            "register a mutating webhook or policy{names} for what others create",
            "read secrets as they are written, and change pods and bindings before they are stored",
        ),
        ("T1556", "T1557"),
        wide=True,
    ),
    Power(
        "watch-by-webhook",
        "may see every write",
        "secret",
        (_any("create update patch", _ADMISSION, "validatingwebhookconfigurations"),),
        ("register a validating webhook{names} for secrets: every one that is written is sent to it",),
        ("T1557",),
        wide=True,
    ),
    Power(
        "host-path-volumes",
        "may make persistent volumes",
        "node",
        (_any("create", "", "persistentvolumes"),),
        (
            "create a persistent volume that is a path of the node (hostPath), and a claim that binds to it",
            "mount the claim in a pod: Pod Security sees a claim and not the path",
        ),
        ("T1611",),
        wide=True,
    ),
    Power(
        "lower-the-guard-of-namespaces",
        "may change the labels of namespaces",
        "guard",
        (_any("update patch", "", "namespaces"),),
        (
            "set pod-security.kubernetes.io/enforce: privileged on {where}{names}",
            "what relies on namespace labels, network policies too, changes with them",
        ),
        ("T1562.001",),
    ),
    Power(
        "remove-admission-rules",
        "may take away admission rules",
        "guard",
        (
            _any(
                "delete deletecollection update patch",
                _ADMISSION,
                "validatingwebhookconfigurations",
                "validatingadmissionpolicies",
                "validatingadmissionpolicybindings",
            ),
        ),
        ("delete or blunt the webhooks and policies{names} that refuse dangerous objects",),
        ("T1562.001",),
        wide=True,
    ),
    Power(
        "remove-network-policies",
        "may take away network policies",
        "guard",
        (_any("delete deletecollection update patch", "networking.k8s.io", "networkpolicies"),),
        ("delete or widen the network policies of {where}{names}",),
        ("T1562.007",),
    ),
    Power(
        "serve-an-api",
        "may answer for parts of the API",
        "cluster",
        (_any("create update patch", "apiregistration.k8s.io", "apiservices"),),
        (
            "register a server of their own for an API group{names}",
            "read what clients send it, with the names of the users who send it",
        ),
        ("T1557",),
        wide=True,
    ),
    Power(
        "convert-custom-resources",
        "may put a webhook into a custom resource",
        "secret",
        (_any("update patch", "apiextensions.k8s.io", "customresourcedefinitions"),),
        ("set a conversion webhook{names}: every object of the kind passes through it and may come back changed",),
        ("T1557",),
        wide=True,
    ),
    Power(
        "rewrite-system-configuration",
        "may change config maps of kube-system",
        "traffic",
        (_any("update patch", "", "configmaps"),),
        (
            "point names elsewhere in the DNS server's configuration{names}",
            "map an identity of theirs to administrators where the cloud keeps that map there (aws-auth)",
        ),
        ("T1557", "T1098"),
        only_in="kube-system",
    ),
    Power(
        "divert-traffic",
        "may divert the traffic of services",
        "traffic",
        (
            (
                *_any("create update patch", "", "endpoints", "services"),
                *_any("create update patch", "discovery.k8s.io", "endpointslices"),
            ),
        ),
        (
            "send the traffic of a service in {where}{names} to an address of theirs, or claim an outside address by externalIPs",
        ),
        ("T1557",),
    ),
    Power(
        "steer-pods",
        "may steer where pods run",
        "node",
        (_any("update patch", "", "nodes", "nodes/status"),),
        (
            "taint and label nodes{names} until pods with strong service accounts run on one they control",
            "read those pods' tokens there",
        ),
        ("T1610",),
        wide=True,
    ),
    Power(
        "reach-into-pods",
        "may reach ports inside",
        "inside",
        (_any("create get", "", "pods/portforward", "pods/proxy", "services/proxy"),),
        ("open any port of the pods and services of {where}{names} through the API server, past network policies",),
        ("T1090",),
    ),
    Power(
        "read-logs",
        "may read logs",
        "inside",
        (_any("get", "", "pods/log"),),
        ("read what the pods of {where}{names} print: credentials often are among it",),
        ("T1552",),
    ),
    Power(
        "use-privileged-policies",
        "may use pod security policies or constraints of older platforms",
        "node",
        (
            (
                *_any("use", "policy", "podsecuritypolicies"),
                *_any("use", "security.openshift.io", "securitycontextconstraints"),
            ),
            _RUN,
        ),
        ("run a pod in {where} under a policy that admits privileged ones{names}", "own the node from it"),
        ("T1611",),
    ),
)

REACHES: dict[str, int] = {"cluster": 0, "node": 1, "account": 2, "secret": 3, "traffic": 4, "guard": 5, "inside": 6}
"""The order in which what is won is listed: worst first."""
