"""What changes between two states of one object, as the API server merges it: a strategic merge patch.

The lists of built-in kinds that merge by a key are patched entry by entry; any other list is given whole. A removed field is null.
"""

from __future__ import annotations

from typing import Any

_MERGE_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "webhooks": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ports": ("containerPort", "port"),
}
"""The `patchMergeKey` of the fields in Kubernetes' own types; `ports` are those of containers and those of Services."""


def patch_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The patch that makes `after` of `before`; empty where they say the same. Null counts as absent."""
    patch: dict[str, Any] = {}
    for key in (*before, *(key for key in after if key not in before)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = patch_between(old, new)
            if inner:
                patch[key] = inner
        elif isinstance(old, list) and isinstance(new, list):
            entries = _entries(key, old, new)
            if entries:
                patch[key] = entries
        elif not (type(old) is type(new) and old == new):
            patch[key] = new
    return patch


def merged(thing: Any, patch: Any, field: str = "") -> Any:
    """`thing` with a patch of `patch_between` applied to it, as the API server would; neither is changed."""
    if isinstance(thing, dict) and isinstance(patch, dict):
        found = dict(thing)
        for key, value in patch.items():
            if value is None:
                found.pop(key, None)
            else:
                found[key] = merged(thing.get(key), value, key)
        return found
    if isinstance(thing, list) and isinstance(patch, list):
        for key in _MERGE_KEYS.get(field, ()):
            olds, news = _by_key(thing, key), _by_key(patch, key)
            if olds is not None and news is not None:
                left = {name: one for name, one in news.items() if name not in olds}
                return [merged(one, news.get(name, {})) for name, one in olds.items()] + list(left.values())
    return _without_nulls(patch)


def holds(thing: Any, patch: Any, field: str = "", *, whole: bool = False) -> bool:
    """Whether all that a patch says is so already. Fields that it leaves open may be anything: the API server fills in defaults.

    Lists that merge by a key may hold other entries too, unless the patch gives the `whole` of what it speaks of (as every other list does).
    """
    if isinstance(patch, dict):
        return isinstance(thing, dict) and all(
            thing.get(key) is None if value is None else holds(thing.get(key), value, key, whole=whole)
            for key, value in patch.items()
        )
    if isinstance(thing, list) and isinstance(patch, list):
        for key in () if whole else _MERGE_KEYS.get(field, ()):
            olds, news = _by_key(thing, key), _by_key(patch, key)
            if olds is not None and news is not None:
                return all(name in olds and holds(olds[name], one) for name, one in news.items())
        return len(thing) == len(patch) and all(
            holds(one, other, whole=True) for one, other in zip(thing, patch, strict=True)
        )
    return type(thing) is type(patch) and bool(thing == patch)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def removes(patch: Any) -> bool:
    """Whether a patch takes a field away."""
    if isinstance(patch, dict):
        return any(value is None or removes(value) for value in patch.values())
    return isinstance(patch, list) and any(map(removes, patch))


def merge_patch(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that makes `after` of `before`: lists are given whole. Works for kinds that do not merge lists by key."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, new in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = merge_patch(old, new)
            if inner:
                patch[key] = inner
        elif key not in before or old != new:
            patch[key] = new
    return patch


def _entries(field: str, old: list[Any], new: list[Any]) -> list[Any]:
    """What to say of a list: the entries that change, each with its key, or the whole of it; nothing where it stays."""
    for key in _MERGE_KEYS.get(field, ()):
        olds, news = _by_key(old, key), _by_key(new, key)
        if olds is not None and news is not None and list(olds) == list(news):
            changed = ((name, patch_between(olds[name], news[name])) for name in olds)
            return [{key: name, **patch} for name, patch in changed if patch]
    same = len(old) == len(new) and not patch_between(dict(enumerate(old)), dict(enumerate(new)))  # type: ignore[arg-type]
    return [] if same else new


def _by_key(entries: list[Any], key: str) -> dict[Any, dict[str, Any]] | None:
    """The entries by their key; None where one has none or two have the same."""
    found = {
        entry[key]: entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get(key), str | int)
    }
    return found if len(found) == len(entries) else None
