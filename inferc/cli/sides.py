"""What is compared: a file, a plan that was kept, or a file as a git revision has it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from inferc import api
from inferc.cli.arguments import UsageError
from inferc.comparison import Snapshot, read_json, read_snapshot
from inferc.comparison.lock import Lock
from inferc.dsl import Diagnostic
from inferc.files.diagnostics import not_a_plan
from inferc.files.reader import read_source
from inferc.files.revision import Revision, split_revision
from inferc.versions import FORMAT_VERSION

if TYPE_CHECKING:
    from inferc.compiler.topology import Json

PLAN_SUFFIX = ".json"
PLAN_DIGEST = b"(digest)"


class Side(NamedTuple):
    """One side of a comparison."""

    title: str
    snapshot: Snapshot | None
    """None where there is none: the diagnostics say why."""
    diagnostics: tuple[Diagnostic, ...] = ()
    planned: api.Planned | None = None
    """None of a plan that was kept: nothing can be emitted from it."""


def read_side(text: str, *, env: str, params: Mapping[str, str], emitted: bool) -> Side:
    """Return what ``text`` names: ``topology.infer``, ``plan.json``, ``main:topology.infer``.

    ``emitted`` says whether :func:`files_of` is to be asked, for which more than a plan is made.
    """
    asked = split_revision(text)
    path = asked.path if asked else text
    if path.endswith(PLAN_SUFFIX):
        return _kept(text, asked)
    plan = api.draw if emitted else api.plan
    planned = plan(asked or text, env=env, params=params)
    if not planned.ok:
        return Side(text, None, planned.diagnostics)
    return Side(text, snapshot_of(planned), planned=planned)


def files_of(side: Side, targets: Sequence[str]) -> Mapping[str, bytes] | tuple[Diagnostic, ...]:
    """Return the files of a side by ``topology/target/path``, or why there are none.

    A refused plan has none. Files name the digest of their plan, which differs with any decision:
    it is left out, so that a file counts as changed where something in it has.

    Raises:
        UsageError: The side is a plan that was kept.
    """
    if side.planned is None:
        raise UsageError(f"{side.title} is a plan that was kept, and has no files", "-t")
    compiled = api.emit(side.planned, None, api.Order(targets=targets))
    if not compiled.ok and not side.planned.refused:
        return compiled.diagnostics
    return {
        f"{output.topology}/{output.target}/{item.path}": item.content.replace(
            output.plan.encode(), PLAN_DIGEST
        )
        for output in compiled.outputs
        for item in output.artifacts
    }


def snapshot_of(planned: api.Planned) -> Snapshot:
    """Return what was planned; a refusal is a plan too."""
    from inferc.report.plan_json import to_data

    plans: list[Json] = [to_data(plan) for plan in planned.plans]
    return read_snapshot({"format_version": FORMAT_VERSION, "topologies": plans})


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
        data = read_json(source.text)
        if isinstance(data, dict) and "plan" in data:
            return Side(text, Lock.model_validate(data).plan)
        return Side(text, read_snapshot(data))
    except (ValueError, RecursionError) as error:  # of JSON, and of pydantic
        return Side(text, None, (not_a_plan(path=text, reason=first_problem(error)),))


def first_problem(error: Exception) -> str:
    """Return the first thing that is wrong; pydantic's own report has a line for each."""
    errors: Callable[[], Sequence[Mapping[str, Any]]] | None = getattr(error, "errors", None)
    if errors is not None:
        found = errors()[0]
        place = ".".join(str(step) for step in found["loc"])
        return f"{place}: {found['msg']}"
    return str(error)
