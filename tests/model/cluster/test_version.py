"""Versions of Kubernetes as people, API servers and vendors write them."""

from __future__ import annotations

import pytest

from seawall.model.cluster.version import Minor, Version, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v1.36.3", Version(Minor(1, 36), 3)),
        ("1.36", Version(Minor(1, 36), 0)),
        ("v1.29.4-eks-036c24b", Version(Minor(1, 29), 4)),
        ("v1.30.5-gke.1014001", Version(Minor(1, 30), 5)),
        ("v1.28.3+k3s1", Version(Minor(1, 28), 3)),
        ("1.27+", Version(Minor(1, 27), 0)),
        ("v1.37.0-rc.1", Version(Minor(1, 37), 0, released=False)),
        ("v1.38.0-alpha.0.12+abc", Version(Minor(1, 38), 0, released=False)),
        ("latest", None),
        ("", None),
        ("1", None),
        ("v1.x", None),
    ],
)
def test_reads(text: str, version: Version | None) -> None:
    assert parse_version(text) == version


def test_a_candidate_comes_before_its_release_and_ten_after_nine() -> None:
    candidate, release = parse_version("v1.37.0-rc.1"), parse_version("v1.37.0")
    assert candidate is not None
    assert release is not None
    assert candidate.minor == release.minor
    assert not candidate.released
    assert Minor(1, 9) < Minor(1, 10)
