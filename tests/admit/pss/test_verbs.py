"""`seawall pss …`, run as people and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.admit.pss.test_standard import TEMPLATES
from tests.oracle import Oracle
from tests.oracle.generate.pods import pods

from seawall.cli import seawall
from seawall.kit.errors import UserError

Json = dict[str, Any]
GOOD: Json = {
    "containers": [
        {
            "name": "c",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        }
    ]
}
KINDS = (("v1", "Pod", ""), *TEMPLATES)


def run(*words: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(seawall, ["pss", *words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(*words: str) -> list[Json]:
    found: list[Json] = json.loads(run("check", *words, "-o", "json").stdout)["pods"]
    return found


def thing(api_version: str, kind: str, at: str, name: str, spec: Json, annotations: Json | None = None) -> Json:
    """An object of any kind around one pod spec."""
    metadata: Json = {"name": name, "namespace": "shop"}
    if not at:
        return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, "annotations": annotations}, "spec": spec}  # fmt: skip
    inner: Json = {"metadata": {"annotations": annotations}, "spec": spec}
    for step in reversed(at.split(".")):
        inner = {step: inner}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **inner}


def written(path: Path, *documents: Json) -> str:
    path.write_text(yaml.safe_dump_all(documents))
    return str(path)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("level", "version"),
    [("baseline", "v1.10"), ("restricted", "v1.24"), ("baseline", "v1.36")],
)
def test_a_folder_of_every_kind_is_judged_as_upstream_judges(oracle: Oracle, tmp_path: Path, level: str, version: str) -> None:  # fmt: skip
    made = list(pods(61, 440))
    for number, pod in enumerate(made):
        api_version, kind, at = KINDS[number % len(KINDS)]
        document = thing(api_version, kind, at, f"p{number}", pod["spec"], pod["metadata"].get("annotations"))
        if number % 3:
            (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(document))
        else:
            (tmp_path / f"{number}.json").write_text(json.dumps(document))
    found = {row["name"]: row for row in rows(str(tmp_path), "--level", level, "--version", version)}
    assert len(found) == len(made)
    upstream = oracle.pss(made, levels=[level], versions=[version])  # type: ignore[list-item]
    for number, (pod, verdict) in enumerate(zip(made, upstream, strict=True)):
        row = found[f"p{number}"]
        failures = verdict.at(level, version)  # type: ignore[arg-type]
        assert row["allowed"] is (not failures), (row, pod)
        assert [reason["check"] for reason in row["reasons"]] == [failure.check for failure in failures]


def test_the_promised_form(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.yaml",
        thing("v1", "Pod", "", "good", GOOD),
        thing("apps/v1", "Deployment", "spec.template", "bad", {"hostPID": True, **GOOD}),
        thing("v1", "Pod", "", "broken", {"hostPID": "yes"}),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "no-pod"}},
    )
    result = run("check", path, "-o", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "pods": [
            {"file": path, "kind": "Pod", "namespace": "shop", "name": "good", "allowed": True, "reasons": []},
            {
                "file": path,
                "kind": "Deployment",
                "namespace": "shop",
                "name": "bad",
                "allowed": False,
                "reasons": [
                    {
                        "check": "hostNamespaces",
                        "level": "baseline",
                        "fields": ["spec.template.spec.hostPID"],
                        "message": "spec.template.spec.hostPID must not be true",
                    }
                ],
            },
            {
                "file": path,
                "kind": "Pod",
                "namespace": "shop",
                "name": "broken",
                "allowed": None,
                "reasons": [
                    {
                        "check": "unreadable",
                        "level": "",
                        "fields": [],
                        "message": "Pod shop/broken: Expected `bool`, got `str` at spec.hostPID",
                    }
                ],
            },
        ]
    }


def test_tables(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.yaml",
        thing("v1", "Pod", "", "one", {**GOOD, "hostPID": True}),
        thing("v1", "Pod", "", "two", {**GOOD, "hostPID": True, "hostIPC": True}),
    )
    text = run("check", path).stdout
    assert text.startswith("2 of 2 pods and templates do not meet restricted (latest)\n")
    line = Path(path).read_text().splitlines().index("  hostPID: true") + 1
    assert f"{path}:{line}  +1 more" in text
    wide = run("check", path, "-o", "wide").stdout
    assert f"{path}:{line}: hostNamespaces shop/one (Pod) spec.hostPID must not be true" in wide
    assert wide.count("hostNamespaces") == 3


def test_exit_codes(tmp_path: Path) -> None:
    good = written(tmp_path / "good.yaml", thing("v1", "Pod", "", "p", GOOD))
    assert run("check", good).exit_code == 0
    (tmp_path / "broken.yaml").write_text("a: [\n")
    result = run("check", str(tmp_path))
    assert result.exit_code == 3
    assert "broken.yaml:" in result.stdout
    assert run("check", good, "--level", "strict").exit_code == 2
    with pytest.raises(UserError, match='"v2" is no version'):
        run("check", good, "--version", "v2")


def test_labels_enforce_and_exempt(tmp_path: Path) -> None:
    bad = {**GOOD, "hostPID": True, "runtimeClassName": "kata"}
    path = written(
        tmp_path / "a.yaml",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}},
        thing("apps/v1", "Deployment", "spec.template", "bad", bad),
    )  # fmt: skip
    assert [row["allowed"] for row in rows(path, "--level", "labels")] == [False]
    for exemptions, user in (({"runtimeClasses": ["kata"]}, ""), ({"namespaces": ["shop"]}, ""), ({"usernames": ["ci"]}, "ci")):  # fmt: skip
        configuration = written(
            tmp_path / "config.yaml", {"kind": "PodSecurityConfiguration", "exemptions": exemptions}
        )
        words = (path, "--level", "labels", "--admission-config", configuration, "--user", user)
        assert [row["allowed"] for row in rows(*words)] == [True]
    nowhere = written(tmp_path / "b.yaml", thing("v1", "Pod", "", "bad", bad))
    assert [row["allowed"] for row in rows(nowhere, "--level", "labels")] == [True], "no label enforces nothing"
    defaults = written(
        tmp_path / "config.yaml", {"kind": "PodSecurityConfiguration", "defaults": {"enforce": "baseline"}}
    )
    assert [row["allowed"] for row in rows(nowhere, "--level", "labels", "--admission-config", defaults)] == [False]


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: [", "is no YAML"), ("[]", "holds no object"), ("kind: Pod", 'kind is "Pod"'), ("", "holds no object")],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    pod = written(tmp_path / "a.yaml", thing("v1", "Pod", "", "p", GOOD))
    with pytest.raises(UserError, match=f"config.yaml: {says}"):
        run("check", pod, "--level", "labels", "--admission-config", str(path))


def test_advise(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.yaml",
        thing("apps/v1", "Deployment", "spec.template", "good", GOOD),
        thing("apps/v1", "Deployment", "spec.template", "web", {"containers": [{"name": "c"}]}),
    )
    (advice,) = json.loads(run("advise", path, "-o", "json", "--version", "v1.36").stdout)["namespaces"]
    assert (advice["namespace"], advice["workloads"], advice["tightest"], advice["nextLevel"]) == ("shop", 2, "baseline", "restricted")  # fmt: skip
    assert {obstacle["check"]: [one["name"] for one in obstacle["workloads"]] for obstacle in advice["obstacles"]} == {
        check: ["web"]
        for check in (
            "allowPrivilegeEscalation",
            "capabilities_restricted",
            "runAsNonRoot",
            "seccompProfile_restricted",
        )
    }
    commands = run("advise", path, "-o", "commands", "--version", "v1.36").stdout
    assert commands == advice["command"] + "\n"
    assert commands.startswith("kubectl label namespace shop --overwrite pod-security.kubernetes.io/enforce=baseline pod-security.kubernetes.io/enforce-version=v1.36 ")  # fmt: skip
    text = run("advise", path).stdout
    assert text.startswith("1 of 1 namespaces can enforce a stricter level today, ")
    assert "restricted: allowPrivilegeEscalation (1)" in text


def test_advice_without_all_is_no_proof(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.yaml", thing("v1", "Pod", "", "p", GOOD), thing("v1", "Pod", "", "q", {"hostPID": "yes"})
    )
    result = run("advise", path, "-o", "json")
    assert result.exit_code == 3
    (advice,) = json.loads(result.stdout)["namespaces"]
    assert "pod-security.kubernetes.io/enforce" not in advice["labels"]
    assert advice["unknown"]
