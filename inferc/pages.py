"""The pages of the diagnostics. Each lies beside the code that raises it, as package data."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

ROOTS: Final = (
    "inferc.dsl",
    "inferc.stdlib",
    "inferc.compiler",
    "inferc.targets",
    "inferc.files",
    "inferc.report",
    "inferc.cli",
)


def find_page(word: str) -> str | None:
    """Return the page of the diagnostic with the code or the slug ``word``."""
    wanted = word.strip().strip("[]").lower()
    for code, path in page_paths().items():
        if code.lower() == wanted:
            return path.read_text(encoding="utf-8")
    for text in (path.read_text(encoding="utf-8") for path in page_paths().values()):
        if heading(text)[1] == wanted:
            return text
    return None


def page_paths() -> Mapping[str, Path]:
    """Return where the page of each code is, sorted by code."""
    return dict(sorted((path.stem, path) for path in _paths()))


def heading(page: str) -> tuple[str, str]:
    """Return code and slug from the first line of ``page``."""
    code, _, slug = page.partition("\n")[0].removeprefix("# ").partition(" ")
    return code, slug.strip()


def summary(page: str) -> str:
    """Return the first sentence below the heading "What it means" of ``page``."""
    _, _, rest = page.partition("## What it means")
    paragraph = " ".join(rest.strip().partition("\n\n")[0].split())
    sentence, dot, _ = paragraph.partition(". ")
    return sentence + dot.strip()


def _paths() -> Iterator[Path]:
    for root in ROOTS:
        spec = find_spec(root)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            yield from Path(folder).glob("**/pages/INF*.md")
