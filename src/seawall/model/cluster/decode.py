"""Decoded JSON to typed objects. Secret values turn into features on the way; null is absent, as in the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from seawall.model.cluster.kinds import Kind
from seawall.model.cluster.meta import Object, name_unknown
from seawall.model.cluster.redaction import (
    AnnotationText,
    Arguments,
    Features,
    SecretBytes,
    annotation,
    features,
    from_redacted,
    scrub_arguments,
    secret_bytes,
)
from seawall.model.cluster.unknown_fields import unknown_fields, unknown_fields_of


class TypeMeta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The two fields that say what a document is."""

    api_version: str = ""
    kind: str = ""


class Undecodable(ValueError):
    """An object whose fields have types that the API does not allow. `path` is where, in the object; `reason` says what is wrong."""

    def __init__(self, reason: str, path: str) -> None:
        self.reason, self.path = reason, path
        super().__init__(f"{reason} at {path}" if path else reason)


_META = msgspec.json.Decoder(TypeMeta, strict=True)


def type_meta(document: bytes) -> TypeMeta:
    """`apiVersion` and `kind` of a JSON document; empty ones where it has none. Undecodable where they are no strings."""
    try:
        return _META.decode(document)
    except msgspec.ValidationError as error:
        raise _undecodable(error) from None


class ObjectDecoder:
    """Decodes objects of every kind; `key`, where the installation has one, makes equal secrets recognisable as equal."""

    def __init__(self, key: bytes | None = None) -> None:
        self._hook = _hook(key)
        self._decoders: dict[type[Object], msgspec.json.Decoder[Object]] = {}

    def decode(self, document: bytes, kind: Kind) -> Object:
        """The object in `document` (JSON). Undecodable where the API server would refuse it for its types."""
        decoder = self._decoders.get(kind.type)
        if decoder is None:
            decoder = self._decoders[kind.type] = msgspec.json.Decoder(kind.type, dec_hook=self._hook)
        try:
            thing = decoder.decode(document)
        except msgspec.ValidationError as first:
            if b"null" not in document:
                raise _undecodable(first) from None
        else:
            if fields := unknown_fields(document, kind.type):
                name_unknown(thing, fields)
            return thing
        try:
            value = msgspec.json.decode(document)
        except msgspec.ValidationError as error:  # a number that no type holds
            raise _undecodable(error) from None
        return self.convert(value, kind)

    def convert(self, document: Any, kind: Kind) -> Object:
        """As `decode`, of a document that is decoded already."""
        plain = without_nulls(document)
        try:
            thing = msgspec.convert(plain, kind.type, dec_hook=self._hook)
        except msgspec.ValidationError as error:
            raise _undecodable(error) from None
        if fields := unknown_fields_of(plain, kind.type):
            name_unknown(thing, fields)
        return thing


def without_nulls(value: Any) -> Any:
    """`value` without keys whose value is null; in lists a null stays, for the API refuses it where it matters."""
    if isinstance(value, dict):
        return {key: without_nulls(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [without_nulls(entry) for entry in value]
    return value


_REMEMBERED = 20_000
_MEMORABLE = 200


def _hook(key: bytes | None) -> Callable[[type, Any], Any]:
    """What the decoder asks for the types of `redaction`. It remembers short values, for the pods of a workload repeat them; secrets it does not."""
    seen: dict[tuple[type, str], Any] = {}
    lines: dict[tuple[str, ...], Arguments] = {}

    def hook(target: type, value: Any) -> Any:
        if target is Arguments:
            return _arguments(value, lines)
        if not isinstance(value, str):
            if isinstance(value, dict) and issubclass(target, Features):
                return from_redacted(value, target)
            raise ValueError(f"Expected `str`, got `{_json_type(value)}`")
        if target is SecretBytes:
            return secret_bytes(value, key)
        found = seen.get((target, value))
        if found is None:
            if target is Features:
                found = features(value, key)
            elif target is AnnotationText:
                found = AnnotationText(annotation(value))
            else:
                raise NotImplementedError(target)
            if len(value) <= _MEMORABLE and len(seen) < _REMEMBERED:
                seen[target, value] = found
        return found

    return hook


def _arguments(value: Any, seen: dict[tuple[str, ...], Arguments]) -> Arguments:
    if not isinstance(value, list):
        raise ValueError(f"Expected `array`, got `{_json_type(value)}`")
    for argument in value:
        if not isinstance(argument, str):
            raise ValueError(f"Expected an `array` of `str`, got `{_json_type(argument)}` in it")
    line = tuple(value)
    found = seen.get(line)
    if found is None:
        found = Arguments(scrub_arguments(value))
        if sum(map(len, line)) <= _MEMORABLE and len(seen) < _REMEMBERED:
            seen[line] = found
    return found


def _json_type(value: Any) -> str:
    return {bool: "bool", int: "int", float: "float", list: "array", dict: "object", type(None): "null"}.get(
        type(value), "str"
    )


def _undecodable(error: msgspec.ValidationError) -> Undecodable:
    reason, _, path = str(error).partition(" - at `$")
    return Undecodable(reason, path.rstrip("`").lstrip("."))
