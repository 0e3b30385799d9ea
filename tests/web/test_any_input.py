"""Whatever is sent to whichever route: an answer or a problem, never an error of ours; and what is answered is as the description says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.conftest import GRANTS, ROOMY, Clusters, make_services

from seawall.store.client import Store
from seawall.web import WebSettings, application
from seawall.web.openapi import document

pytestmark = pytest.mark.slow

ENDLESS = "/api/v1/events/{kind}/tail"
SENT = "/api/v1/ingest/|/api/v1/receive/"


@pytest.fixture(scope="module")
def asked(store: Store, clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    folder: Path = tmp_path_factory.mktemp("state")
    services = make_services(store, clusters, folder)
    _, text = services.tokens.create("fuzzer", GRANTS["admin"], now=0, expires=None)
    yield application(services, WebSettings(limits=ROOMY)), text


schema = schemathesis.openapi.from_dict(document()).exclude(path=ENDLESS)


@schema.parametrize()
@hypothesis.settings(max_examples=25, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
def test_no_route_ever_fails(asked: tuple[Any, str], case: schemathesis.Case) -> None:
    app, token = asked
    answer = case.call(app=app, base_url="http://127.0.0.1:8620", headers={"authorization": f"Bearer {token}"})
    case.validate_response(
        answer,
        checks=[not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance],
    )
