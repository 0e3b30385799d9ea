"""The engine against upstream's own: same verdict, same failing checks, same fields, at every level and version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.oracle import Oracle, Pss
from tests.oracle.generate.pods import pods

from seawall.admit.pss import LATEST, NEWEST, Assessment, Level, Version, checks_at, parse_version
from seawall.model.cluster.decode import ObjectDecoder
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.workload import workload_of

pytestmark = pytest.mark.oracle

POD = kind_of("v1", "Pod")
LEVELS = (Level.BASELINE, Level.RESTRICTED)


def versions(oracle: Oracle) -> dict[str, Version]:
    """The oracle's versions and ours. The oracle may be of an older release than the engine: its `latest` is then that release's."""
    known = list(oracle.pss_checks()["baseline"])
    newest = max(minor for name in known if (minor := parse_version(name).minor) is not None)
    ours = {name: parse_version(name) for name in known}
    ours["latest"] = Version(newest) if newest < NEWEST else LATEST
    return ours


def assess(pod: dict[str, Any]) -> Assessment:
    assert POD is not None
    return Assessment(workload_of(ObjectDecoder().decode(json.dumps(pod).encode(), POD)))


def disagreements(pod: dict[str, Any], upstream: Pss, known: dict[str, Version]) -> Iterator[str]:
    assessment = assess(pod)
    for level in LEVELS:
        for name, version in known.items():
            expected = [(failure.check, failure.fields) for failure in upstream.at(level.value, name)]
            ours = [(one.check, tuple(sorted(set(one.fields)))) for one in assessment.violations(level, version)]
            if ours != expected:
                yield f"{level}:{name}: upstream {expected}, ours {ours}, pod {json.dumps(pod)}"


def test_the_table_is_upstreams(oracle: Oracle) -> None:
    checks = oracle.pss_checks()
    for level in LEVELS:
        for name, version in versions(oracle).items():
            assert tuple(check.id for check in checks_at(level, version)) == checks[level.value][name], (level, name)


@pytest.mark.parametrize("cases", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_generated_pods_at_every_version(oracle: Oracle, cases: int) -> None:
    known = versions(oracle)
    asked = list(pods(8, cases))
    answers = oracle.pss(asked)
    assert not [answer.error for answer in answers if answer.error]
    wrong = [line for pod, answer in zip(asked, answers, strict=True) for line in disagreements(pod, answer, known)]
    allowed = sum(answer.allowed("restricted", "latest") for answer in answers)
    print(f"{cases} pods x {len(known)} versions x 2 levels: {len(wrong)} disagreements; {allowed} restricted")
    assert not wrong, wrong[:3]
    assert cases * 0.02 < allowed < cases * 0.6, "the generated pods must be of both sorts"
