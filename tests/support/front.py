"""Sources for tests of the front end: files in memory, and short ways through the phases."""

from collections.abc import Mapping

from inferc.compiler.load import Loaded, load
from inferc.compiler.resolve import Outcome, Resolved, ResolvedBlock, resolve
from inferc.dsl import Diagnostic, SourceFile


class MemoryReader:
    """Reads files from a mapping of paths to texts."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        self.files = dict(files or {})
        self.asked: list[str] = []

    def read(self, path: str) -> str:
        self.asked.append(path)
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    def names(self, folder: str) -> tuple[str, ...]:
        start = f"{folder}/" if folder else ""
        inside = (path.removeprefix(start) for path in self.files if path.startswith(start))
        return tuple(sorted(name for name in inside if "/" not in name))


def load_text(text: str, files: Mapping[str, str] | None = None, path: str = "t.infer") -> Loaded:
    return load(SourceFile(path, text), MemoryReader(files))


def resolve_text(
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    params: Mapping[str, str] | None = None,
    env: str | None = None,
) -> Outcome:
    loaded = load_text(text, files)
    outcome = resolve(loaded, params=params, env=env)
    return Outcome(
        resolved=outcome.resolved, diagnostics=(*loaded.diagnostics, *outcome.diagnostics)
    )


def said(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Return each diagnostic as ``INF104:3 message``."""
    return [
        f"{item.code}:{item.span.line if item.span else 0} {item.message}" for item in diagnostics
    ]


def sound(text: str, files: Mapping[str, str] | None = None, **options: object) -> Resolved:
    """Return the resolved form of a text that must be without fault."""
    outcome = resolve_text(text, files, **options)  # type: ignore[arg-type]
    assert said(outcome.diagnostics) == []
    return outcome.resolved


def block_at(resolved: Resolved, path: str) -> ResolvedBlock:
    """Return the block at ``path`` below the first topology; the topology for an empty path."""
    block = resolved.topologies[0]
    for step in filter(None, path.split(".")):
        block = next(
            child
            for child in block.children
            if child.name == step or (not child.name and child.kind == step)
        )
    return block
