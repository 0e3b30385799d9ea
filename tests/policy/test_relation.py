"""The set evaluator against the tuple evaluator, on generated worlds in every dialect and all of them mixed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy.generated import DIALECTS, Generator

from seawall.kit.prefixes import address
from seawall.policy.judge import Flow, Judge
from seawall.policy.lower import PolicyModel
from seawall.policy.model import ICMP, ICMPV6, SCTP, TCP, UDP, kind_of_traffic
from seawall.policy.profiles import PROFILES
from seawall.policy.relation import Relation
from seawall.policy.world import OutsideEnd

TRAFFIC = tuple(
    kind_of_traffic(protocol, port)
    for protocol, port in (
        (TCP, 80),
        (TCP, 81),
        (TCP, 8000),
        (TCP, 8080),
        (UDP, 53),
        (UDP, 55),
        (SCTP, 5060),
        (ICMP, 8 << 8),
        (ICMP, 3 << 8 | 1),
        (47, 0),
    )
)
OUTSIDE = tuple(OutsideEnd(address(text)) for text in ("203.0.113.9", "203.0.113.200", "8.8.8.8", "2001:db8::1"))


def differences(model: PolicyModel) -> list[str]:
    """Every flow that the two evaluators answer differently."""
    found = []
    for rules in filter(None, (model.enforced, model.staged)):
        judge, relation = Judge(model, rules), Relation.of(model, rules.rules)
        ends = [*model.world.pods, *model.world.nodes.values(), *OUTSIDE]
        for source, destination in itertools.product(ends, ends):
            if isinstance(source, OutsideEnd) and isinstance(destination, OutsideEnd):
                continue
            for family in sorted(model.families):
                if any(isinstance(end, OutsideEnd) and end.address.family != family for end in (source, destination)):
                    continue
                for traffic in TRAFFIC:
                    if family == 6 and traffic >> 16 == ICMP:
                        traffic += (ICMPV6 - ICMP) << 16
                    expected = judge.judge(Flow(source, destination, traffic, family))
                    got = relation.verdict(source, destination, traffic, family)
                    if got != expected.allowed:
                        found.append(
                            f"{source} -> {destination} {traffic >> 16}/{traffic & 0xFFFF} v{family}: {got}, not {expected.allowed}: {expected.reason}"
                        )
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(2))
def test_one_dialect(dialect: str, seed: int) -> None:
    model = PolicyModel.of(Generator(seed, (dialect,)).cluster(7, 5))
    assert differences(model) == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(100, 1 << 32), dual=st.booleans(), profile=st.sampled_from(sorted(PROFILES)))
def test_all_dialects_mixed(seed: int, dual: bool, profile: str) -> None:
    model = PolicyModel.of(Generator(seed, dual=dual).cluster(7, 7), PROFILES[profile])
    assert differences(model) == []


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 1 << 32),
    dialects=st.sets(st.sampled_from(DIALECTS), min_size=1),
    dual=st.booleans(),
    profile=st.sampled_from(sorted(PROFILES)),
)
def test_any_mixture_in_any_profile(seed: int, dialects: set[str], dual: bool, profile: str) -> None:
    generator = Generator(seed, tuple(sorted(dialects)), dual=dual)
    assert differences(PolicyModel.of(generator.cluster(8, 9), PROFILES[profile])) == []
