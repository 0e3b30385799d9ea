"""What it means that two readings of a text agree."""

from __future__ import annotations

from typing import Any


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; numbers by value, so that 1 and 1.0 are one number, and no boolean is a number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


# By design each of these is an error for one side and never another value. Left: what the careful reader says, and why it refuses what upstream reads.
WE_REFUSE = {
    "a tag touches a comma or bracket": "go-yaml takes the sign into the tag's name, libyaml does not",
    "did not find expected whitespace or line break while scanning a tag": "the same, where libyaml sees no tag at all",
    "JSON has no infinity and no NaN": "upstream refuses it too, unless a key that stands twice hides the value",
    "a key may not be null": "as before",
    "a key may not be an integer past 63 bits": "as before",
    "a key may not be a negative zero": "go-yaml takes 0.0 and -0.0 for one key",
    "a key may not be a collection": "go-yaml takes what follows an empty collection for another document",
    "found unexpected ':' while scanning a plain scalar": "a colon at the end of a plain scalar in a flow collection",
    "found unknown escape character": "the escape \\', which YAML has not",
    "control characters are not allowed": "libyaml looks ahead, behind the end of the document too",
    "nested deeper than": "go-yaml bears ten thousand levels",
}
# Right: what upstream refuses, and the careful reader takes as YAML 1.2 has it.
THEY_REFUSE = {
    "found unknown escape character": "the escape \\/, which JSON has",
    "did not find expected ',' or": "a question mark inside a plain scalar in a flow collection",
}


def is_by_design(reason: str, table: dict[str, str]) -> bool:
    return any(words in reason for words in table)
