"""Changes to upstream programs, made while they are built; their sources lie in no repository of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Patches = Mapping[str, Callable[[str], str]]
"""File of a module -> how its text changes."""


def _replacing(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for old, new in pairs:
            if text.count(old) != 1:
                raise ValueError(f"{old!r} occurs {text.count(old)} times, so the patch fits another version")
            text = text.replace(old, new)
        return text

    return change


KUBE_NETWORK_POLICIES: Patches = {
    # It finds the API server by a kubeconfig, as every program here, instead of as a pod.
    "cmd/main.go": _replacing(
        ('"k8s.io/client-go/rest"', '"k8s.io/client-go/tools/clientcmd"'),
        ("rest.InClusterConfig()", 'clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))'),
    ),
    # It lays no nftables rules: the kernel may have no `queue` expression (see `enforcer`).
    "pkg/networkpolicy/controller.go": _replacing(
        ('klog.FromContext(ctx).Info("Syncing nftables rules")', "return nil"),
    ),
}
