"""Use cases on Plans: read one, see whether it still fits a cluster, apply it, undo it, end what has ended."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import msgspec
import yaml

from seawall.app.answer import Answer, ObjectName
from seawall.kit.errors import Retry, UserError
from seawall.kube.client import KubeClient
from seawall.kube.credentials import credentials
from seawall.kube.errors import Refused
from seawall.kube.objects import Objects
from seawall.model.cluster.kinds import KINDS
from seawall.model.plan import SCHEMA, Plan, Target
from seawall.respond.plan_life import LABEL, Ended, Life, StepState, undo_ended


class At(msgspec.Struct, frozen=True):
    """The cluster that a Plan is for: a kubeconfig context ("" for the current one)."""

    context: str = ""
    kubeconfig: str | None = None


class StepAnswer(Answer, frozen=True):
    """Where a step stands: `ready`, `done`, or `blocked` by what `why` says."""

    object: ObjectName
    operation: str
    state: str
    why: str


class PlanAnswer(Answer, frozen=True):
    """A Plan on a cluster. `changed` says whether anything was done; a dry run does nothing that stays."""

    id: str
    title: str
    server: str
    steps: list[StepAnswer]
    changed: bool


class UnderPlan(Answer, frozen=True):
    """An object that a Plan changed. `expires` is "" for never; `undone` where it was just put back, `why` where it was to be and could not."""

    object: ObjectName
    plan: str
    title: str
    applied: str
    expires: str
    undone: bool
    why: str


class UnderPlans(Answer, frozen=True):
    """Every object under a Plan, and what could not be listed."""

    objects: list[UnderPlan]
    unknown: list[str]


_IS_PLAN = re.compile(r"""^[\s{]*["']?schema["']?\s*:\s*["']?seawall\.plan/""", re.MULTILINE)


def is_plan(text: str) -> bool:
    """Whether a document says of itself that it is a Plan."""
    return _IS_PLAN.search(text) is not None


def plan_in(text: str, where: str) -> Plan:
    """The Plan in a YAML or JSON document. UserError says what is wrong."""
    try:
        document = yaml.safe_load(text)
        found = msgspec.convert(document, Plan)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        raise UserError(f"no YAML: {getattr(error, 'problem', None) or error}", where=place) from None
    except msgspec.ValidationError as error:
        raise UserError(f"no plan: {error}", where=where, do="see docs/tasks/plans.md for the form") from None
    if found.schema != SCHEMA:
        raise UserError(f'its schema is "{found.schema}"', where=where, do=f"this Seawall reads {SCHEMA}")
    if found.expires and not _is_time(found.expires):
        raise UserError(
            f'expires: "{found.expires}" is no time with a zone', where=where, do="write 2026-12-31T12:00:00Z"
        )
    return found


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


async def look(plan: Plan, at: At, now: datetime) -> PlanAnswer:
    """Where each step stands. Nothing is changed."""
    async with _connected(at) as client:
        states = await Life(plan, Objects(client), now).states()
        return _answer(plan, client, states, changed=False)


async def apply(plan: Plan, at: At, now: datetime, *, dry_run: bool = False) -> PlanAnswer:
    """Takes the steps that are not taken yet, after the API server took all of them in a dry run. UserError where one is blocked or refused."""
    return await _tried_and_done(Life.apply, plan, at, now, dry_run)


async def undo(plan: Plan, at: At, now: datetime, *, dry_run: bool = False) -> PlanAnswer:
    """Puts back what the Plan did. UserError where it was changed since."""
    return await _tried_and_done(Life.undo, plan, at, now, dry_run)


async def _tried_and_done(
    act: Callable[[Life], Awaitable[tuple[StepState, ...]]], plan: Plan, at: At, now: datetime, dry_run: bool
) -> PlanAnswer:
    """All of it as a dry run, so that the API server refuses before anything is done; then, unless that was all, for good."""
    async with _connected(at) as client:
        objects = Objects(client)
        with _refusals():
            states = await act(Life(plan, objects.rehearsal(), now))
            if not dry_run:
                states = await act(Life(plan, objects, now))
        return _answer(plan, client, states, changed=not dry_run and any(one.state == "ready" for one in states))


async def under_plans(at: At, now: datetime, *, end: bool = False) -> UnderPlans:
    """Every object under a Plan; with `end` those whose Plan has ended are put back."""
    async with _connected(at) as client:
        objects = Objects(client)
        with _refusals():
            things, unknown = await objects.labelled(LABEL, frozenset(kind.group for kind in KINDS))
            when = now if end else datetime.min.replace(tzinfo=UTC)
            found = await undo_ended(objects, things, when)
        return UnderPlans(objects=[_under(one) for one in found], unknown=unknown)


def _under(one: Ended) -> UnderPlan:
    return UnderPlan(
        object=_name(one.target),
        plan=one.note.plan,
        title=one.note.title,
        applied=one.note.applied,
        expires=one.note.expires,
        undone=one.undone,
        why=one.why,
    )


def _name(target: Target) -> ObjectName:
    return ObjectName(
        kind=target.kind,
        namespace=target.namespace,
        name=target.name,
        group=target.api_version.rpartition("/")[0],
    )


def _answer(plan: Plan, client: KubeClient, states: Sequence[StepState], *, changed: bool) -> PlanAnswer:
    return PlanAnswer(
        id=plan.id,
        title=plan.title,
        server=client.server,
        steps=[
            StepAnswer(object=_name(one.target), operation=one.operation, state=one.state, why=one.why)
            for one in states
        ],
        changed=changed,
    )


@asynccontextmanager
async def _connected(at: At) -> AsyncIterator[KubeClient]:
    async with KubeClient(await credentials(at.context or None, at.kubeconfig)) as client:
        yield client


@contextmanager
def _refusals() -> Iterator[None]:
    """What the cluster answers, as one line."""
    try:
        yield
    except Refused as error:
        raise UserError(
            f"the API server refuses: {error}", do="steps taken before it stay: apply again, or undo"
        ) from None
    except Retry as error:
        raise UserError(str(error), do="run the same command again: no step is taken twice") from None
    except ValueError as error:
        raise UserError(str(error), do="nothing was done") from None
