"""Pod Security Standards against a real API server: generated pods, created on trial in namespaces that enforce a level and version."""

from __future__ import annotations

import pytest
from tests.e2e.cluster.control_plane import ControlPlane
from tests.e2e.conversation import Conversation
from tests.model.cluster.clusters import decoded
from tests.oracle.generate.pods import pods

from seawall.admit.pss import violations
from seawall.admit.pss.policy import PREFIX
from seawall.model.cluster.workload import workload_of

pytestmark = [pytest.mark.control_plane, pytest.mark.slow]

ENFORCED = (("baseline", "v1.18"), ("baseline", "latest"), ("restricted", "v1.22"), ("restricted", "latest"))


def test_the_api_server_admits_what_the_engine_allows(control_plane: ControlPlane) -> None:
    latest = "v" + control_plane.version.rpartition(".")[0]
    names = {enforced: f"pss-{number}" for number, enforced in enumerate(ENFORCED)}
    for (level, version), name in names.items():
        labels = {PREFIX + "enforce": level, PREFIX + "enforce-version": version}
        control_plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        control_plane.kubectl("wait", f"--namespace={name}", "--for=create", "serviceaccount/default", "--timeout=30s")
    wrong, admitted, refused, invalid = [], 0, 0, 0
    with Conversation(control_plane) as api:
        for pod in pods(83, 500):
            for (level, version), namespace in names.items():
                document = {**pod, "metadata": {**pod["metadata"], "namespace": namespace}}
                document["spec"] = {**pod["spec"], "ephemeralContainers": None}  # only added to pods that are there
                if any(set(volume) == {"name"} for volume in pod["spec"].get("volumes") or ()):
                    continue  # the API server makes it an emptyDir before the plugin sees it
                path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
                status, answer = api.post(path, {"apiVersion": "v1", "kind": "Pod", **document})
                if status == 201:
                    allowed = True
                elif status == 403 and "violates PodSecurity" in answer["message"]:
                    allowed = False
                else:
                    invalid += 1  # what the API refuses for other reasons, before the plugin is asked
                    continue
                admitted, refused = admitted + allowed, refused + (not allowed)
                thing = decoded({"apiVersion": "v1", "kind": "Pod", **document})
                found = violations(workload_of(thing), level, latest if version == "latest" else version)
                if allowed is bool(found):
                    wrong.append((level, version, answer.get("message"), [one.check for one in found], document))
    print(f"{admitted} admitted, {refused} refused, {invalid} invalid, {len(wrong)} disagreements")
    control_plane.kubectl("delete", "namespaces", *names.values(), "--wait=false")
    assert not wrong, (len(wrong), wrong[:2])
    assert admitted > 100
    assert refused > 100
