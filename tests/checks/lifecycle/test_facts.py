"""The tables of facts about Kubernetes: whole, of kinds that are read, and judged the same by a slow and obvious version."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.checks.lifecycle._api_versions import LIFECYCLES, NEWEST
from seawall.checks.lifecycle._feature_gates import gates
from seawall.checks.lifecycle._releases import ENDS
from seawall.checks.lifecycle._vulnerabilities import KEEPS, Vulnerability, known, stale
from seawall.checks.lifecycle.vulnerable_control_plane import vulnerable_control_plane
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.version import Minor, Version, parse_version


@pytest.mark.parametrize(("version", "kind"), LIFECYCLES)
def test_every_version_is_of_a_kind_that_is_read_and_leads_to_one_that_is_served(version: str, kind: str) -> None:
    row = kind_of(version, kind)
    assert row is not None
    lifecycle = LIFECYCLES[version, kind]
    assert lifecycle.deprecated < lifecycle.removed
    later = kind_of(lifecycle.replacement, kind)
    assert later is row
    assert (lifecycle.replacement, kind) not in LIFECYCLES


def test_minors_follow_each_other_and_end_in_order() -> None:
    minors = sorted(ENDS)
    assert [one.minor for one in minors] == list(range(minors[0].minor, minors[-1].minor + 1))
    assert sorted(ENDS.values()) == [ENDS[one] for one in minors]
    assert minors[-1] == NEWEST


def test_stages_of_gates_are_in_order() -> None:
    for name, gate in gates().items():
        stages = [stage for stage in (gate.alpha, gate.beta, gate.stable) if stage is not None]
        assert stages == sorted(stages), name
    assert gates()["AnyVolumeDataSource"].stage(Minor(1, 20)) == "alpha"
    assert gates()["AnyVolumeDataSource"].stage(Minor(1, 24)) == "beta"
    assert gates()["AnyVolumeDataSource"].stage(Minor(1, 33)) == ""


@pytest.mark.parametrize("one", known().vulnerability, ids=lambda one: one.id)
def test_a_vulnerability_is_whole(one: Vulnerability) -> None:
    fixed = [parse_version(text) for text in one.fixed]
    assert all(fixed)
    minors = [version.minor for version in fixed if version is not None]
    assert minors == sorted(set(minors))
    assert one.component in ("kube-apiserver", "kube-controller-manager", "kubelet")
    assert not one.introduced or parse_version(one.introduced)


def slowly(one: Vulnerability, major: int, minor: int, patch: int) -> bool:
    """Whether a version has it, by going from release to release: every release before a fix has it, the fix and all patches after it do not."""
    if one.introduced and (major, minor) < tuple(int(part) for part in one.introduced.split(".")):
        return False
    fixes = [tuple(int(part) for part in text.split(".")) for text in one.fixed]
    of_minor = [fix for fix in fixes if fix[:2] == (major, minor)]
    if of_minor:
        return (major, minor, patch) < of_minor[0]
    return not all((major, minor) > fix[:2] for fix in fixes)


@given(st.sampled_from(known().vulnerability), st.integers(5, 40), st.integers(0, 20))
def test_affects_as_release_by_release(one: Vulnerability, minor: int, patch: int) -> None:
    assert one.affects(Version(Minor(1, minor), patch)) == slowly(one, 1, minor, patch)


def test_a_candidate_of_the_fixed_release_still_has_it() -> None:
    one = next(one for one in known().vulnerability if one.id == "CVE-2025-13281")
    assert one.affects(Version(Minor(1, 34), 2, released=False))
    assert not one.affects(Version(Minor(1, 34), 2))


def test_the_list_says_how_old_it_is() -> None:
    reviewed = known().reviewed
    assert stale(reviewed) == ""
    assert stale(date.fromordinal(reviewed.toordinal() + KEEPS)) == ""
    assert "days old" in stale(date.fromordinal(reviewed.toordinal() + KEEPS + 1))
    assert "no day was given" in stale(None)
    told = vulnerable_control_plane.documentation.limits
    assert f"The list is of {reviewed}; {KEEPS} days later" in told
