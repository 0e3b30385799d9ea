"""The page *Compliance*: frameworks, control by control, and as files."""

from __future__ import annotations

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from seawall.app import compliance_pages
from seawall.app.predicate import Selection
from seawall.app.principals import Principal
from seawall.app.services import Services
from seawall.model.compliance import Compliance
from seawall.web.api.asked import read


@read("/compliance", "compliance", "How we stand by every framework", context=True, sync_to_thread=True)
def show_frameworks(
    services: NamedDependency[Services], principal: NamedDependency[Principal], selection: NamedDependency[Selection]
) -> compliance_pages.Frameworks:
    """Every framework with how many of its controls stand how, at the end of the window."""
    return compliance_pages.overview(services, principal.scope, selection)


@read("/compliance/{framework:str}", "framework", "How we stand by one framework", context=True, sync_to_thread=True)
def show_framework(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    framework: FromPath[str],
) -> Compliance:
    """Control by control, and by namespace and team."""
    return compliance_pages.compliance(services, principal.scope, selection, framework)


@read(
    "/compliance/{framework:str}/file",
    "frameworkFile",
    "One framework as a file",
    context=True,
    sync_to_thread=True,
    media_type="application/octet-stream",
)
def save_framework(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    selection: NamedDependency[Selection],
    framework: FromPath[str],
    form: FromQuery[compliance_pages.Format] = "html",
) -> Response[bytes]:
    """As CSV, JSON, or one HTML page that prints well; a download."""
    found = compliance_pages.compliance(services, principal.scope, selection, framework)
    body, media_type, name = compliance_pages.export(found, form)
    return Response(body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
