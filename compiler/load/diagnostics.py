"""What may be wrong with imports."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic, Edit, Fix, Label, Span


def _replace(span: Span, text: str) -> tuple[Fix, ...]:
    return (Fix(title=f"write `{text}`", edits=(Edit(span, text),)),)


def import_not_found(span: Span, *, path: str, close: Sequence[str], folder: str) -> Diagnostic:
    """INF701: there is no file at the path of an import."""
    near = " or ".join(f"`{name}`" for name in close)
    where = f"the folder `{folder}`" if folder else "the folder of the importing file"
    return Diagnostic(
        code="INF701",
        slug="import-not-found",
        message=f"there is no file `{path}`",
        span=span,
        label="imported here",
        notes=(f"paths are relative to the importing file: {where}",),
        help=f"did you mean {near}?" if near else "write the file, or correct the path",
        fixes=_replace(span, f'"{close[0]}"') if len(close) == 1 else (),
    )


def secret_in_file(span: Span, *, what: str) -> Diagnostic:
    """INF198: a token or a key stands in a file."""
    return Diagnostic(
        code="INF198",
        slug="secret-in-file",
        message=f"this looks like {what}",
        span=span,
        label="shown in part",
        notes=("files are kept and passed on, and so is what is made from them",),
        help="take it out, revoke it, and refer to a secret of the cluster by its name",
    )


def import_unreadable(span: Span, *, path: str, reason: str) -> Diagnostic:
    """INF702: the imported file exists and cannot be read."""
    return Diagnostic(
        code="INF702",
        slug="import-unreadable",
        message=f"`{path}` cannot be read: {reason}",
        span=span,
        label="imported here",
        help="make the file a readable text in UTF-8",
    )


def import_cycle(span: Span, *, chain: Sequence[str], labels: Sequence[Label]) -> Diagnostic:
    """INF703: a file imports itself, by way of others or at once."""
    return Diagnostic(
        code="INF703",
        slug="import-cycle",
        message="files import each other in a circle: " + " -> ".join(f"`{key}`" for key in chain),
        span=span,
        label="this import closes the circle",
        labels=tuple(labels),
        help="move what both need into a third file, and import that from each",
    )


def import_wrong_case(span: Span, *, written: str, actual: str) -> Diagnostic:
    """INF704: the name differs from the file's in its capitals."""
    return Diagnostic(
        code="INF704",
        slug="import-wrong-case",
        message=f"the file is called `{actual}`, not `{written}`",
        span=span,
        label="differs in capital letters",
        notes=("some systems find it nevertheless, and others do not",),
        help=f"write `{actual}`",
        fixes=_replace(span, f'"{actual}"'),
    )


def unknown_std_module(
    span: Span, *, name: str, close: Sequence[str], names: Sequence[str]
) -> Diagnostic:
    """INF705: the standard library has no such part."""
    near = " or ".join(f"`{item}`" for item in close)
    return Diagnostic(
        code="INF705",
        slug="unknown-std-module",
        message=f"the standard library has no `{name}`",
        span=span,
        notes=("it has " + ", ".join(f"`{item}`" for item in names),) if names else (),
        help=f"did you mean {near}?" if near else "import one of those",
        fixes=_replace(span, close[0]) if len(close) == 1 else (),
    )


def registry_not_supported(span: Span, *, reference: str) -> Diagnostic:
    """INF706: a reference to a registry, which nothing fetches yet."""
    return Diagnostic(
        code="INF706",
        slug="registry-not-supported",
        message=f"`{reference}` is a package of a registry, and registries are not read yet",
        span=span,
        notes=("nothing is fetched from the network by `check`, `plan` and `compile`",),
        help='copy the file beside this one and import it by path: `import "./base.infer" as base`',
    )


def import_not_relative(span: Span, *, path: str, suggestion: str) -> Diagnostic:
    """INF707: a path that does not start at the importing file."""
    return Diagnostic(
        code="INF707",
        slug="import-not-relative",
        message=f"the path `{path}` does not start with `./` or `../`",
        span=span,
        label="not relative to this file",
        help=f'write `"{suggestion}"`',
        fixes=_replace(span, f'"{suggestion}"') if suggestion else (),
    )


def unknown_import_name(span: Span, *, name: str, path: str, close: Sequence[str]) -> Diagnostic:
    """INF708: the imported file does not define the name."""
    near = " or ".join(f"`{item}`" for item in close)
    return Diagnostic(
        code="INF708",
        slug="unknown-import-name",
        message=f"`{path}` does not define `{name}`",
        span=span,
        help=f"did you mean {near}?" if near else f"define `{name}` at the top of `{path}`",
        fixes=_replace(span, close[0]) if len(close) == 1 else (),
    )


def too_many_files(span: Span, *, limit: int) -> Diagnostic:
    """INF709: the imports lead to more files than any design has."""
    return Diagnostic(
        code="INF709",
        slug="too-many-files",
        message=f"the imports lead to more than {limit} files",
        span=span,
        help="check what the files import; put shared blocks into fewer files",
    )
