"""The checkout seen as files, for tests that hold its rules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("inferc", "dsl", "compiler", "targets", "stdlib")


def source_files(*folders: str) -> tuple[Path, ...]:
    """Return the Python files of the product below ``folders``, each once."""
    return tuple(
        path
        for folder in folders or FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not any(parent.is_symlink() for parent in path.parents)
    )


def shown(path: Path) -> str:
    """Return ``path`` from the root of the checkout, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: Path) -> str:
    """Return the import name of a Python file: ``dsl/source.py`` is ``inferc.dsl.source``."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] != "inferc":
        parts.insert(0, "inferc")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import of a Python file, wherever it stands."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=str(module)):
                yield node.lineno, module
            case _:
                continue


def pages() -> tuple[Path, ...]:
    """Return the pages of all diagnostics."""
    return tuple(
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("pages/*.md"))
        if not any(parent.is_symlink() for parent in path.parents)
    )
