"""A record as it may be kept says the same as the record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.recording.recorded import BEGAN, audit_entry, flow

from seawall.kit.errors import UserError
from seawall.sources.events.audit import Audit
from seawall.sources.events.hubble import Hubble
from seawall.sources.recording.kept import Keeping

words = st.text("abcxyz-/=*. ", max_size=12)
optional_words = st.none() | words
container = st.fixed_dictionaries(
    {},
    optional={
        "image": words,
        "securityContext": st.fixed_dictionaries({}, optional={"privileged": st.booleans()}),
        "env": st.lists(st.just({"name": "A", "value": "v"})),
    },
)
pod_spec = st.fixed_dictionaries(
    {},
    optional={
        "containers": st.lists(container, max_size=3),
        "initContainers": st.lists(container, max_size=1),
        "volumes": st.lists(
            st.fixed_dictionaries({"name": words}, optional={"hostPath": st.fixed_dictionaries({"path": words})}),
            max_size=2,
        ),
        "hostNetwork": st.booleans(),
        "hostPID": st.booleans(),
        "serviceAccountName": words,
        "type": st.sampled_from(["NodePort", "ClusterIP"]),
        "externalIPs": st.lists(words, max_size=2),
    },
)
body = st.one_of(
    st.none(),
    words,
    st.fixed_dictionaries({"kind": words, "spec": pod_spec}),
    st.fixed_dictionaries(
        {"kind": words, "spec": st.fixed_dictionaries({"template": st.fixed_dictionaries({"spec": pod_spec})})}
    ),
    st.fixed_dictionaries(
        {
            "kind": words,
            "spec": st.fixed_dictionaries(
                {
                    "jobTemplate": st.fixed_dictionaries(
                        {"spec": st.fixed_dictionaries({"template": st.fixed_dictionaries({"spec": pod_spec})})}
                    )
                }
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "roleRef": st.fixed_dictionaries({"kind": words, "name": words}),
            "subjects": st.lists(st.fixed_dictionaries({"kind": words, "name": words}), max_size=2),
        }
    ),
    st.fixed_dictionaries(
        {"rules": st.lists(st.fixed_dictionaries({"verbs": st.lists(words), "resources": st.lists(words)}), max_size=2)}
    ),
)
reference = st.fixed_dictionaries(
    {"resource": st.sampled_from(["pods", "secrets", "tokenreviews", "deployments", "clusterrolebindings"])},
    optional={"subresource": st.sampled_from(["exec", "token", "status"]), "namespace": words, "name": words},
)
query = st.lists(
    st.tuples(st.sampled_from(["command", "container", "token", "limit", "stdin"]), st.text("ab /&=%é", max_size=6)),
    max_size=5,
)
entry = st.fixed_dictionaries(
    {},
    optional={
        "objectRef": reference,
        "requestObject": body,
        "responseObject": body,
        "responseStatus": st.fixed_dictionaries(
            {"code": st.integers(0, 600)}, optional={"message": words, "reason": words}
        ),
        "user": st.fixed_dictionaries(
            {"username": words},
            optional={
                "groups": st.lists(words, max_size=2),
                "extra": st.dictionaries(
                    st.sampled_from(["session", "authentication.kubernetes.io/node-name"]),
                    st.lists(words, max_size=2),
                    max_size=2,
                ),
            },
        ),
        "impersonatedUser": st.fixed_dictionaries({"username": words}),
        "annotations": st.dictionaries(words, words, max_size=2),
        "sourceIPs": st.lists(words, max_size=2),
    },
)


@settings(deadline=None)
@given(more=entry, asked=query)
def test_a_kept_audit_entry_decodes_to_the_same_row(more: dict[str, Any], asked: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    line = audit_entry(1, BEGAN, **more, requestURI=f"/api/v1/pods?{urlencode(asked)}" if asked else "/api/v1/pods")
    source = Audit()
    kept = source.keep(line)
    assert kept is not None
    assert source.decode(kept).batches["audit"].equals(source.decode(line).batches["audit"])
    assert source.keep(kept) == kept, "keeping twice changes nothing"


def test_a_kept_flow_decodes_to_the_same_row() -> None:
    source = Hubble()
    line = flow(BEGAN, "10.0.0.1", "10.0.0.2")
    bare = json.dumps(json.loads(line)["flow"]).encode()
    for record in (line, bare):
        kept = source.keep(record)
        assert kept is not None
        assert source.decode(kept).batches["flow"].equals(source.decode(record).batches["flow"])


def test_a_loss_that_the_source_reports_is_kept() -> None:
    source = Hubble()
    kept = source.keep(b'{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":3},"node_name":"n1"}')
    assert kept is not None
    assert source.decode(kept).skipped == {"lost before they reached us (PERF_EVENT_RING_BUFFER)": 1}


@pytest.mark.parametrize(
    "record", [b"", b"{}", b"[1]", b'"text"', b"\xff\xfe", b'{"flow":{}}', b'{"kind":"EventList","auditID":"x"}']
)
def test_what_is_no_record_is_not_kept(record: bytes) -> None:
    assert Audit().keep(record) is None
    assert Hubble().keep(record) is None


def test_sources_that_cannot_be_recorded_are_named() -> None:
    with pytest.raises(UserError, match='no source of events "weather"'):
        Keeping("weather")
