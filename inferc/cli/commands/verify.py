"""``inferc verify``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from inferc.cli.arguments import Argument
from inferc.cli.exit_codes import DIFFERENCES, OK
from inferc.cli.options import Color, Format
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import say, to_json
from inferc.dsl import Diagnostic

if TYPE_CHECKING:
    from inferc.compiler.topology import Json
    from inferc.files.verification import TargetState

EPILOG: Final = """
Examples:
  inferc verify build/
  inferc verify build/support_chat/kubernetes
  inferc verify build/ topology.infer          is it of the file as it is now?
  inferc verify build/ --format json

Exit codes:
  0   every file is as it was written
  2   a folder that inferc has not written, a bad flag
  10  files were changed or removed, the design was changed since, or a compile was killed

Next steps:
  inferc compile topology.infer --dry-run      what a new compile would write
  inferc compile topology.infer --force        replace edited files, each kept as NAME.orig
"""


def verify(
    folder: Annotated[str, Argument("DIR", "What `inferc compile -o` wrote, or a part of it.")],
    design: Annotated[str, Argument("FILE", "The design that it was made from.")] = "",
    *,
    format: Format = "human",
    color: Color = "auto",
) -> int:
    """Say whether emitted files are as they were written.

    Each folder of output has a manifest with the digests of its files, of the design, of the
    catalog's entries and of the plan. Files of your own beside them are listed, and are no
    difference.
    """
    from inferc.files.verification import survey_outputs

    found = survey_outputs(Path(folder), Path(design) if design else None)
    if isinstance(found, Diagnostic):
        show([found], form=format, color=color)
        return exit_code([found])
    say(to_json(_as_json(found)) if format == "json" else "\n".join(_as_text(found)))
    return DIFFERENCES if any(one.differs for one in found) else OK


def _as_text(states: "Sequence[TargetState]") -> Iterator[str]:
    from inferc.files.manifest import NAME

    for one in states:
        state = "changed" if one.differs else "as written"
        files = f"{len(one.unchanged)} of {len(one.section.files)} files"
        yield f"{one.folder.as_posix()}: {state} ({files})"
        yield f"  plan {one.section.plan}, inferc {one.section.inferc}"
        yield from (f"  edited   {path}" for path in one.edited)
        yield from (f"  missing  {path}" for path in one.missing)
        yield from (f"  no longer executable  {path}" for path in one.not_executable)
        yield from (f"  of an earlier compile  {path}" for path in one.earlier)
        yield from (f"  yours    {path}" for path in one.own)
        yield from (f"  made from another {path}" for path in one.stale_inputs)
        if one.manifest_edited:
            yield f"  edited   ../{NAME}: it is not as inferc wrote it"
        if one.killed:
            yield "  a compile was killed while it wrote here: compile again"


def _as_json(states: "Sequence[TargetState]") -> "Json":
    from inferc.versions import FORMAT_VERSION

    return {
        "format_version": FORMAT_VERSION,
        "targets": [
            {
                "topology": one.topology,
                "target": one.target,
                "folder": one.folder.as_posix(),
                "differs": one.differs,
                "inferc": one.section.inferc,
                "plan": one.section.plan,
                "catalog": one.section.catalog,
                "unchanged": list(one.unchanged),
                "edited": list(one.edited),
                "missing": list(one.missing),
                "not_executable": list(one.not_executable),
                "earlier": list(one.earlier),
                "own": list(one.own),
                "stale_inputs": list(one.stale_inputs),
                "manifest_edited": one.manifest_edited,
                "killed": one.killed,
            }
            for one in states
        ],
    }
