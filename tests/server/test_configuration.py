"""The configuration file: every fault is named with its line; the documented example is a whole one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.app.principals import Role
from seawall.kit.errors import UserError
from seawall.model.finding import Severity
from seawall.server.configuration import Configuration, check, parse, read

WHOLE = """\
listen:
  host: 0.0.0.0
  port: 8443
  hosts: [seawall.example.com]
  certificate: /etc/seawall/tls.crt
  key: /etc/seawall/tls.key
  trustedProxies: [10.0.0.1]
state: /var/lib/seawall
store:
  url: https://clickhouse.example.com:8443/seawall
  user: seawall
  passwordFile: /etc/seawall/store-password
  readerUser: seawall_reader
  readerPasswordFile: /etc/seawall/reader-password
  retention: {events: 14, rollups: 180, signals: 800}
auth:
  sessionHours: 8
  linkMinutes: 10
  grants:
    - {role: admin, subjects: ["group:platform"]}
    - role: operate
      subjects: ["group:shop", "user:alice@example.com"]
      namespaces: [prod/shop, "*/shop-staging"]
    - {role: view, subjects: ["*"], kinds: [findings]}
  oidc:
    issuer: https://id.example.com/realms/main
    clientId: seawall
    clientSecretFile: /etc/seawall/oidc-secret
    title: Example ID
    name: email
    groups: groups
  kubernetes: {context: prod, audience: seawall}
limits:
  requestsPerMinute: 600
  ingestBodyBytes: 16777216
watch:
  - {context: prod, name: prod}
notify:
  from: high
  consoleUrl: https://seawall.example.com
  receivers:
    - {name: on-call, url: https://hooks.example.com/x, secretFile: /etc/seawall/hook}
detection: {everySeconds: 30}
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "seawall.yaml"
    path.write_text(WHOLE)
    found = read(path)
    assert found.listen.port == 8443 and found.state_directory == Path("/var/lib/seawall")
    assert [grant.role for grant in found.auth.grants] == [Role.ADMIN, Role.OPERATE, Role.VIEW]
    assert found.auth.oidc is not None and found.auth.oidc.title == "Example ID"
    assert found.notify.from_severity is Severity.HIGH and found.store.retention.events == 14
    assert found.limits.requests_per_minute == 600


def test_an_empty_file_is_the_defaults() -> None:
    assert parse("", "x") == parse("# nothing\n", "x") == Configuration()
    check(Configuration())


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("listen:\n  prot: 1\n", "f:2", "`prot` is no key here"),
        ("nothing: 1\n", "f:1", "`nothing` is no key here"),
        ("auth:\n  grants:\n    - role: view\n    - role: king\n", "f:4", "role"),
        ("auth:\n  grants:\n    - role: view\n      subject: ['*']\n", "f:4", "`subject` is no key here"),
        ("auth:\n  grants:\n    - {role: view, subjects: [alice]}\n", "f:3", "`alice` is no subject"),
        ("auth:\n  grants:\n\n    - {role: view, kinds: [flows]}\n", "f:4", "`flows` is no kind of data"),
        ("listen:\n  port: 70000\n", "f:2", "65535"),
        ("listen:\n  port: eight\n", "f:2", "Expected `int`"),
        ("state: 1\nstate: 2\n", "f:2", "stands twice"),
        ("listen: {host: 0.0.0.0}\n", "f:1", "without TLS"),
        ("listen:\n  certificate: /x\n", "f:1", "needs a key"),
        ("notify:\n  receivers:\n    - {name: a, url: x}\n    - {name: a, url: y}\n", "f:2", "one name"),
        ("a: [\n", "f:2", "mend the YAML"),
        ("- 1\n", "f:1", "Expected `object`"),
        ("state: *x\n", "f:1", "undefined alias"),
        ("store: {retention: {events: 0}}\n", "f:1", ">= 1"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, where: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, "f")
    assert caught.value.where == where and says in str(caught.value), str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_configuration_or_a_fault_in_one_line(text: str) -> None:
    try:
        assert isinstance(parse(text, "f"), Configuration)
    except UserError as error:
        assert error.where.startswith("f")


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        read(tmp_path / "none.yaml")


def test_every_key_is_documented() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "tasks" / "first-cluster.md").read_text()
    import msgspec

    from seawall.server import configuration

    sections = [
        value
        for value in vars(configuration).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__
        in ("seawall.server.configuration", "seawall.web.settings", "seawall.web.signin.oidc", "seawall.app.principals")
    ]
    keys = {field.encode_name for section in sections for field in msgspec.structs.fields(section)}
    missing = {key for key in keys if not re.search(rf"\b{key}\b", docs)}
    assert not missing
