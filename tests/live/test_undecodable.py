"""Objects that cannot be decoded: the view holds what can be read and one gap for each that cannot, whatever the order of events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.scan.test_incremental import CHECKS, decode

from seawall.live.findings import after, transitions
from seawall.live.view import LiveView
from seawall.model.cluster.coverage import LIVE, Gap
from seawall.model.cluster.meta import Object, ObjectRef
from seawall.model.finding import Status
from seawall.scan.engine import scan

NAMES = ("a", "b", "c")


def service(name: str, version: int, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": "n", "resourceVersion": str(version)}
    return decode({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})


def lost(name: str) -> Gap:
    return Gap("undecodable", f"Service n/{name}: wrong", kind="Service", namespace="n", name=name)


actions = st.one_of(
    st.tuples(st.sampled_from(["put", "undecodable", "remove"]), st.sampled_from(NAMES)),
    st.tuples(st.just("list"), st.dictionaries(st.sampled_from(NAMES), st.booleans())),
)


@given(st.lists(actions, max_size=20))
def test_the_view_is_what_the_last_word_on_each_object_says(happened: list[tuple[str, Any]]) -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    readable: dict[str, bool] = {}
    for at, (action, about) in enumerate(happened):
        if action == "list":
            readable = dict(about)
            good = [service(name, at) for name, can_be in about.items() if can_be]
            view.listed("Service", good, at, [lost(name) for name, can_be in about.items() if not can_be])
        elif action == "put":
            readable[about] = True
            view.put("Service", service(about, at), at)
        elif action == "undecodable":
            readable[about] = False
            view.undecodable("Service", lost(about), at)
        else:
            readable.pop(about, None)
            view.remove("Service", ObjectRef("Service", "n", about, ""), at)
        cluster = view.cluster(at)
        assert {one.name for one in cluster.objects} == {name for name, can_be in readable.items() if can_be}
        assert {gap.name for gap in cluster.coverage.gaps} == {name for name, can_be in readable.items() if not can_be}


def test_what_was_found_on_it_is_unknown_until_it_can_be_read_again() -> None:
    view = LiveView(id="c", name="c", version="", scope=LIVE)
    view.listed("Service", [service(name, 1, externalIPs=["1.2.3.4"]) for name in ("torn", "mended")], 1)

    def look(at: int) -> list[tuple[str, str]]:
        nonlocal known
        changes = transitions(known, scan(view.cluster(at), CHECKS, tool="t"), at=at, scan=str(at))
        known = after(known, changes)
        return [
            (one.transition, one.finding.object.name) for one in changes if one.finding.rule == "service/external-ip"
        ]

    known: dict[str, Any] = {}
    assert sorted(look(1)) == [("opened", "mended"), ("opened", "torn")]
    view.undecodable("Service", lost("torn"), 2)
    view.put("Service", service("mended", 2), 2)
    assert sorted(look(2)) == [("resolved", "mended"), ("unknown", "torn")], "others of its kind are seen as before"
    assert [one.status for one in known.values() if one.object.name == "torn"] == [Status.UNKNOWN]
    view.put("Service", service("torn", 3), 3)
    assert look(3) == [("resolved", "torn")]
