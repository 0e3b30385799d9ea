"""What a person names as input, read into one Cluster."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from seawall.kit.errors import UserError
from seawall.model.cluster.snapshot import Cluster
from seawall.spi.source import StateOptions


class Inputs(msgspec.Struct, frozen=True):
    """Paths (files, folders, charts, snapshots, `-`), or a live cluster: `context` is a kubeconfig context, "" for the current one, None for none."""

    paths: tuple[str, ...] = ()
    context: str | None = None
    kubeconfig: str | None = None
    namespaces: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    cluster: str | None = None
    as_user: str = ""
    """Whom a live cluster is asked as, in the groups `as_groups`; "" for oneself."""
    as_groups: tuple[str, ...] = ()


def read_cluster(inputs: Inputs, progress: Callable[[str, int, int], None] | None = None) -> Cluster:
    """One Cluster from what was named. UserError where nothing was, or both files and a live cluster."""
    if inputs.paths and inputs.context is not None:
        raise UserError("files and --context were both given", do="name one of them")
    if inputs.as_groups and not inputs.as_user:
        raise UserError("a group is given without a user", do="name the user too: --as USER --as-group GROUP")
    if inputs.context is not None or inputs.kubeconfig is not None:
        from seawall.sources.state.live import read_live

        return read_live(
            inputs.context or None,
            inputs.kubeconfig,
            StateOptions(name=inputs.cluster or inputs.context or "", namespaces=inputs.namespaces, progress=progress),
            inputs.as_user,
            inputs.as_groups,
        )
    if inputs.as_user:
        raise UserError("--as asks a live cluster, and none was named", do="add --context")
    if not inputs.paths:
        raise UserError(
            "nothing to read was named",
            do="give files or folders, - for standard input, or --context for a live cluster",
        )
    from seawall.sources.state import read

    return read(
        inputs.paths,
        StateOptions(
            name=inputs.cluster or "files", namespaces=inputs.namespaces, values=inputs.values, progress=progress
        ),
    )
