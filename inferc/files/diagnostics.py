"""What may be wrong with files: those that are read, and those that are to be written."""

from collections.abc import Sequence
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.source import Span

SHOWN = 10
"""How many files a diagnostic lists before it counts the rest."""


def file_not_found(span: Span | None, *, path: str, close: Sequence[str]) -> Diagnostic:
    """INF720: there is nothing at the path."""
    near = " or ".join(f"`{name}`" for name in close)
    start = "check the path"
    if path.endswith(".infer"):
        start += ", or write a starter with `inferc init`"
    return Diagnostic(
        code="INF720",
        slug="file-not-found",
        message=f"there is no file `{path}`",
        span=span,
        help=f"did you mean {near}?" if near else start,
    )


def not_a_file(span: Span | None, *, path: str, inside: Sequence[str]) -> Diagnostic:
    """INF721: a folder, a socket or a device where a file is expected."""
    near = " or ".join(f"`{name}`" for name in inside)
    return Diagnostic(
        code="INF721",
        slug="not-a-file",
        message=f"`{path}` is not a file",
        span=span,
        help=f"name a file in it: {near}" if near else "name a file that ends in `.infer`",
    )


def not_utf8(span: Span | None, *, path: str, line: int, byte: int) -> Diagnostic:
    """INF722: the bytes of the file are not UTF-8."""
    return Diagnostic(
        code="INF722",
        slug="not-utf-8",
        message=f"`{path}` is not text in UTF-8",
        span=span,
        notes=(f"the first byte that does not fit is 0x{byte:02x}, on line {line}",),
        help="save the file as UTF-8 in your editor",
    )


def file_unreadable(span: Span | None, *, path: str, reason: str) -> Diagnostic:
    """INF723: the system refuses to read the file."""
    return Diagnostic(
        code="INF723",
        slug="file-unreadable",
        message=f"`{path}` cannot be read: {reason}",
        span=span,
        help="check who may read the file and the folders above it",
    )


def file_too_large(span: Span | None, *, path: str, limit_bytes: int) -> Diagnostic:
    """INF724: no design is that long."""
    return Diagnostic(
        code="INF724",
        slug="file-too-large",
        message=f"`{path}` is too large to be a design",
        span=span,
        notes=(f"at most {limit_bytes} bytes are read",),
        help="name the `.infer` file; split a design that really is this long with `import`",
    )


FOLDER_WITH_ROOM: Final = "name a folder that you may write to, on a disk with room: `-o DIR`"


def output_not_writable(*, path: str, reason: str, todo: str = FOLDER_WITH_ROOM) -> Diagnostic:
    """INF730: the system refuses to write below a folder, or one file."""
    return Diagnostic(
        code="INF730",
        slug="output-not-writable",
        message=f"`{path}` cannot be written: {reason}",
        span=None,
        notes=("nothing was changed",),
        help=todo,
    )


def output_is_a_file(*, path: str) -> Diagnostic:
    """INF731: a file stands where a folder is to be."""
    return Diagnostic(
        code="INF731",
        slug="output-is-a-file",
        message=f"the output folder `{path}` is a file, or a link that leads nowhere",
        span=None,
        help="name a folder, or a name that is free: `-o DIR`",
    )


def output_not_ours(*, path: str, found: Sequence[str]) -> Diagnostic:
    """INF732: the output folder holds files, and inferc has not written there before."""
    return Diagnostic(
        code="INF732",
        slug="output-not-ours",
        message=f"`{path}` has files in it that inferc did not write",
        span=None,
        notes=(f"it holds {_listed(found)}, and no inferc.manifest.json",),
        help="name another folder with `-o DIR`, or write beside those files with `--force`",
    )


def output_edited(*, folder: str, files: Sequence[str]) -> Diagnostic:
    """INF733: files of an earlier compile were changed by hand."""
    return Diagnostic(
        code="INF733",
        slug="output-edited",
        message=f"files in `{folder}` were changed since inferc wrote them",
        span=None,
        notes=(f"changed by hand: {_listed(files)}", "nothing was written"),
        help="keep the changes outside the generated files (an overlay, a patch), or compile with "
        "`--force`, which keeps each of them as NAME.orig",
    )


def manifest_not_readable(*, path: str, reason: str) -> Diagnostic:
    """INF734: a manifest that is damaged, or of a release that this one does not know."""
    return Diagnostic(
        code="INF734",
        slug="manifest-not-readable",
        message=f"`{path}` cannot be understood: {reason}",
        span=None,
        notes=("without it nobody can tell which files inferc wrote, and which were edited",),
        help="take it back from your version control, or compile with `--force`, which writes a "
        "new one and keeps each file that differs as NAME.orig",
    )


def output_of_another(*, folder: str, topology: str, found: str) -> Diagnostic:
    """INF735: the folder holds the output of another topology."""
    return Diagnostic(
        code="INF735",
        slug="output-of-another",
        message=f"`{folder}` holds what was compiled from the topology `{found}`, not `{topology}`",
        span=None,
        notes=("nothing was written",),
        help="name another folder with `-o DIR`, or move that one away",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    more = len(names) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def not_one_calibration(*, path: str, names: Sequence[str]) -> Diagnostic:
    """INF740: a file that is named for its calibration has none, or several."""
    listed = ", ".join(f"`{name}`" for name in names)
    return Diagnostic(
        code="INF740",
        slug="not-one-calibration",
        message=f"`{path}` has {len(names) or 'no'} calibration{'s' if len(names) > 1 else ''}",
        span=None,
        notes=(f"they are {listed}",) if names else (),
        help="give a file with one `calibration`, as `inferc calibrate DATA -o FILE` writes it",
    )


def revision_not_readable(*, revision: str, path: str, reason: str, todo: str = "") -> Diagnostic:
    """INF746: git does not have the file as it was."""
    return Diagnostic(
        code="INF746",
        slug="revision-not-readable",
        message=f"`{path}` of the revision `{revision}` cannot be read: {reason}",
        span=None,
        help=todo
        or "name a revision that `git log` shows, and a path from this folder: "
        "`main:topology.infer`",
    )


def not_a_plan(
    *, path: str, reason: str, write: str = "inferc plan FILE --format json -o plan.json"
) -> Diagnostic:
    """INF747: a JSON file that is no plan of ours."""
    return Diagnostic(
        code="INF747",
        slug="not-a-plan",
        message=f"`{path}` holds no plan: {reason}",
        span=None,
        help=f"write one with `{write}`",
    )


def lock_missing(*, path: str, file: str) -> Diagnostic:
    """INF748: nothing to hold a plan to."""
    return Diagnostic(
        code="INF748",
        slug="lock-missing",
        message=f"there is no lock `{path}` to hold the plan to",
        span=None,
        help=f"write it with `inferc lock {file}`, and keep it with the file",
    )


def manifest_missing(*, path: str) -> Diagnostic:
    """INF749: a folder that inferc has not written."""
    return Diagnostic(
        code="INF749",
        slug="manifest-missing",
        message=f"nothing in `{path}` was written by inferc: there is no inferc.manifest.json",
        span=None,
        help="name the folder that `inferc compile -o` wrote to",
    )
