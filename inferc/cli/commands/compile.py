"""``inferc compile``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from inferc import api
from inferc.cli.answers import denied, not_locked, read_deny, refuse
from inferc.cli.arguments import Option
from inferc.cli.exit_codes import DENIED, INFEASIBLE, OK
from inferc.cli.options import (
    Color,
    Deny,
    Env,
    File,
    Locked,
    Overlay,
    Params,
    Renderer,
    Report,
    Targets,
    read_params,
    read_targets,
)
from inferc.cli.show import REPORTS, exit_code, show
from inferc.cli.terminal import say, to_json
from inferc.versions import FORMAT_VERSION

if TYPE_CHECKING:
    from inferc.files.output import Outcome

EPILOG: Final = """
Where the files go:
  DIR/<topology>/<target>/     DIR is `build` unless -o names another
  DIR/<topology>/inferc.manifest.json lists them with their digests

Which targets:
  those that -t names, else those of the file's `emit` blocks, else kubernetes, pulumi,
  diagram and design-doc

Examples:
  inferc compile topology.infer
  inferc compile topology.infer -t kubernetes -o deploy/
  inferc compile topology.infer --dry-run         say what would change
  inferc compile topology.infer --list-files | xargs git add

Exit codes:
  0  written, or nothing to do
  1  the file is wrong
  2  a folder that cannot be written, files that were edited by hand, a bad flag
  3  infeasible: nothing is written, standard output has one JSON object that says why
  4  the plan rests on an assumption that --deny forbids: nothing is written
  10 --locked: a decision is not that of the lock: nothing is written

Next steps:
  kubectl diff -k build/<topology>/kubernetes/      what the cluster would change
  inferc explain topology.infer chat.replicas
"""


def compile(
    file: File,
    *,
    target: Targets = None,
    output: Annotated[
        str, Option(("-o", "--output"), "Below which folder.", metavar="DIR")
    ] = api.DEFAULT_FOLDER,
    dry_run: Annotated[
        bool, Option(("--dry-run",), "Say what would be written; write nothing.")
    ] = False,
    list_files: Annotated[
        bool, Option(("--list-files",), "Print the path of every file, one a line.")
    ] = False,
    force: Annotated[
        bool,
        Option(("--force",), "Replace files edited by hand; each is kept as NAME.orig."),
    ] = False,
    renderer: Renderer = "auto",
    env: Env = "",
    param: Params = None,
    deny: Deny = None,
    locked: Locked = False,
    format: Report = "human",
    color: Color = "auto",
) -> int:
    """Plan, and write what is deployed.

    Everything is written, or nothing. A file that you edited is never overwritten: the compile
    stops and lists it. Files of an earlier compile that are no longer needed are removed unless
    you edited them; files of your own beside them are left alone.
    """
    overlay, levels, targets = (
        Overlay(env, read_params(param)),
        read_deny(deny),
        read_targets(target),
    )
    planned = api.draw(file, env=env, params=overlay.params)
    if locked and (code := not_locked(planned, file, overlay, form=format, color=color)):
        return code
    if planned.ok and not planned.refused and denied(planned.plans, levels):
        show(planned.diagnostics, form=format, color=color, files=[file], plans=planned.plans)
        return DENIED
    options = {"diagram": {"renderer": renderer}} if renderer != "auto" else {}
    order = api.Order(targets=targets, options=options, force=force, dry_run=dry_run)
    compiled = api.emit(planned, output, order)
    show(compiled.diagnostics, form=format, color=color, files=[file], plans=planned.plans)
    if planned.refused:
        return INFEASIBLE if format in REPORTS else refuse(planned, form=format)
    if compiled.written is None or not compiled.ok:
        return exit_code(compiled.diagnostics)
    if format in REPORTS:
        return OK
    if list_files:
        say("\n".join(_listed(compiled, compiled.written, output)))
    elif format == "json":
        say(_as_json(compiled, compiled.written))
    else:
        say("\n".join(_as_text(compiled, compiled.written, output, dry=dry_run)))
    return OK


def _listed(compiled: api.Compiled, outcome: "Outcome", output: str) -> list[str]:
    """Return the path of every file, the manifests too: without them nothing can be verified."""
    from inferc.files.manifest import NAME

    manifests = {Path(output, item.topology, NAME) for item in compiled.outputs}
    return sorted(path.as_posix() for path in (*outcome.written, *outcome.unchanged, *manifests))


def _as_text(
    compiled: api.Compiled, outcome: "Outcome", output: str, *, dry: bool
) -> Iterator[str]:
    """Yield what was done, a line for each target and for each file that needs a word."""
    from inferc.compiler.wording.verdicts import headline

    for plan in compiled.planned.plans:
        yield f"{plan.topology}: {headline(plan)}"
        for item in (item for item in compiled.outputs if item.topology == plan.topology):
            noun = "file" if len(item.artifacts) == 1 else "files"
            place = Path(output, item.topology, item.target).as_posix()
            yield f"  {item.target:<12}{len(item.artifacts):>3} {noun:<5}  {place}/"
    verbs = ("would write", "would remove") if dry else ("wrote", "removed")
    changes = [
        *(f"  {verbs[0]} {path.as_posix()}" for path in outcome.written if dry),
        *(f"  {verbs[1]} {path.as_posix()}" for path in outcome.removed),
        *(f"  kept your edited file as {path.as_posix()}" for path in outcome.kept),
        *(f"  no longer written, but edited by you: {path.as_posix()}" for path in outcome.left),
    ]
    yield from changes
    yield from _older(compiled, output)
    if not outcome.written and not outcome.removed:
        yield "nothing to do: everything is as it should be"


def _older(compiled: api.Compiled, output: str) -> Iterator[str]:
    """Yield a line for each target that an earlier compile wrote from other decisions."""
    from inferc.files.manifest import load_manifest

    for topology in compiled.planned.topologies:
        manifest = load_manifest(Path(output, topology.name))
        made = {item.target for item in compiled.outputs if item.topology == topology.name}
        for name, section in sorted(manifest.targets.items()) if manifest else ():
            if name not in made and section.plan != topology.digest:
                yield f"  {name} is of an earlier plan: compile it too, or remove its folder"


def _as_json(compiled: api.Compiled, outcome: "Outcome") -> str:
    """Return what was done as one JSON object."""

    def names(paths: Sequence[Path]) -> list[str]:
        return [path.as_posix() for path in paths]

    return to_json(
        {
            "format_version": FORMAT_VERSION,
            "topologies": [
                {"topology": plan.topology, "verdict": plan.verdict.value}
                for plan in compiled.planned.plans
            ],
            "written": names(outcome.written),
            "unchanged": names(outcome.unchanged),
            "removed": names(outcome.removed),
            "left": names(outcome.left),
            "kept": names(outcome.kept),
        }
    )
