"""The page *Policy*, where it looks at recorded traffic: Recommend, and Preview while somebody types.

Both look at the labels and the traffic of a whole cluster, so they answer those who may read all of it.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import yaml

from seawall.app.moment import moment
from seawall.app.policy_board import ProfileName
from seawall.app.predicate import Selection
from seawall.app.preview import PreviewAnswer, change_with, preview, standing
from seawall.app.recommend import PROFILE_OF, RecommendAnswer, model_at_rest, recommend_policies
from seawall.app.services import Services
from seawall.app.standing import Kept, View, view_of
from seawall.app.traffic import Traffic, traffic_of_store
from seawall.kit.errors import UserError
from seawall.model.cluster.decode import ObjectDecoder, Undecodable
from seawall.model.cluster.kinds import kind_of
from seawall.model.cluster.meta import Object
from seawall.model.event.read_scope import ReadScope
from seawall.policy.generate import Form
from seawall.policy.recommend.units import Scope

MOST_TEXT = 256 * 1024
"""Characters of YAML that one preview takes."""
MOST_POLICIES = 200

_models = Kept(model_at_rest)
_standings = Kept(standing)


def recommend(services: Services, scope: ReadScope, selection: Selection, form: Form, by: Scope) -> RecommendAnswer:
    """Policies for the selection's namespaces and workloads, from the traffic of its window."""
    view = _whole(services, scope, selection.clusters)
    traffic = _traffic(services, view, selection.start, selection.end, selection.namespaces)
    return recommend_policies(
        _models.of(view, PROFILE_OF[form]),
        traffic,
        form,
        by,
        namespaces=selection.namespaces,
        workloads=selection.workloads,
    )


class PreviewQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Policies as YAML, added to those in force or in the place of those of the same name, and the window of recorded traffic."""

    yaml: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
    start: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(default="now-1h", name="from")
    end: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(default="now", name="to")


def preview_text(
    services: Services, scope: ReadScope, clusters: tuple[str, ...], asked: PreviewQuestion, profile: ProfileName
) -> PreviewAnswer:
    """What the policies would cut and open. UserError names the document that is none."""
    view = _whole(services, scope, clusters)
    now = services.clock()
    try:
        start, end = moment(asked.start, now), moment(asked.end, now)
    except ValueError as error:
        raise UserError(str(error), where="from, to", do="write RFC 3339 or now-1h") from None
    change = change_with(_standings.of(view, profile), policies_in(asked.yaml))
    return preview(change, _traffic(services, view, start, end, change.namespaces))


def policies_in(text: str) -> list[Object]:
    """The objects that a text of YAML documents holds. UserError names the place of what cannot be read."""
    try:
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "the text"
        raise UserError(f"no YAML: {getattr(error, 'problem', None) or error}", where=where) from None
    if len(documents) > MOST_POLICIES:
        raise UserError(f"{len(documents)} documents are too many", do=f"try up to {MOST_POLICIES} at once")
    return [_object(one, f"document {at}") for at, one in enumerate(documents, 1)]


def _object(document: Any, where: str) -> Object:
    if not isinstance(document, dict):
        raise UserError("it is no object", where=where, do="write apiVersion, kind, metadata and spec")
    kind = kind_of(str(document.get("apiVersion", "")), str(document.get("kind", "")))
    if kind is None:
        raise UserError(
            f"{document.get('kind') or 'nothing'} of {document.get('apiVersion') or 'no apiVersion'} is no kind that Seawall knows",
            where=where,
        )
    try:
        return ObjectDecoder().decode(msgspec.json.encode(document), kind)
    except (Undecodable, msgspec.MsgspecError, TypeError) as error:
        raise UserError(str(error), where=where) from None


def _whole(services: Services, scope: ReadScope, clusters: tuple[str, ...]) -> View:
    view = view_of(services, scope, clusters)
    if not view.whole:
        raise PermissionError(
            "this looks at the traffic and the labels of the whole cluster, and your scope covers parts of it"
        )
    return view


def _traffic(services: Services, view: View, start: int, end: int, namespaces: tuple[str, ...]) -> Traffic:
    return traffic_of_store(services.store, view.scope, view.id, start, end, namespaces)
