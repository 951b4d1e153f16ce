"""What is compared: a file, a plan that was kept, or a file as a git revision has it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from inferc import api
from inferc.comparison import Snapshot, read_snapshot
from inferc.comparison.lock import Lock
from inferc.dsl import Diagnostic
from inferc.files.diagnostics import not_a_plan
from inferc.files.reader import read_source
from inferc.files.revision import Revision, split_revision

if TYPE_CHECKING:
    from inferc.compiler.topology import Json

PLAN_SUFFIX = ".json"


class Side(NamedTuple):
    """One side of a comparison."""

    title: str
    snapshot: Snapshot | None
    """None where there is none: the diagnostics say why."""
    diagnostics: tuple[Diagnostic, ...] = ()


def read_side(text: str, *, env: str, params: Mapping[str, str]) -> Side:
    """Return what ``text`` names: ``topology.infer``, ``plan.json``, ``main:topology.infer``."""
    asked = split_revision(text)
    path = asked.path if asked else text
    if path.endswith(PLAN_SUFFIX):
        return _kept(text, asked)
    planned = api.plan(asked or text, env=env, params=params)
    title = f"{text} ({env})" if env else text
    if not planned.ok:
        return Side(title, None, planned.diagnostics)
    return Side(title, snapshot_of(planned))


def snapshot_of(planned: api.Planned) -> Snapshot:
    """Return what was planned; a refusal is a plan too."""
    from inferc.report.plan_json import to_data

    plans: list[Json] = [to_data(plan) for plan in planned.plans]
    return read_snapshot({"format_version": _version(), "topologies": plans})


def _version() -> str:
    from inferc.versions import FORMAT_VERSION

    return FORMAT_VERSION


def _kept(text: str, asked: Revision | None) -> Side:
    """Return a plan, or the plan of a lock, that lies in a file."""
    if asked:
        from inferc.files.revisions import read_revision

        source = read_revision(asked)
    else:
        source = read_source(text)
    if isinstance(source, Diagnostic):
        return Side(text, None, (source,))
    try:
        data = json.loads(source.text)
        if isinstance(data, dict) and "plan" in data:
            return Side(text, Lock.model_validate(data).plan)
        return Side(text, read_snapshot(data))
    except (ValueError, RecursionError) as error:  # of JSON, and of pydantic
        return Side(text, None, (not_a_plan(path=text, reason=first_problem(error)),))


def first_problem(error: Exception) -> str:
    """Return the first thing that is wrong; pydantic's own report has a line for each."""
    errors = getattr(error, "errors", None)
    if callable(errors):
        found = errors()[0]
        place = ".".join(str(step) for step in found["loc"])
        return f"{place}: {found['msg']}"
    return str(error)
