"""Single facts of catalog entries, searched in their text: to resolve an entry takes too long."""

import re
from functools import cache

from inferc.compiler.load import CATALOG
from inferc.stdlib import files as stdlib


@cache
def text_of(path: str) -> str:
    """Return the text of an entry; empty where there is none."""
    return stdlib.read(f"{CATALOG}.{path}") or ""


def title_of(path: str) -> str:
    """Return what people call an entry."""
    found = re.search(r'^  title +=\s*"([^"]*)"', text_of(path), re.MULTILINE)
    return found[1] if found else path.rpartition(".")[2]


def aliases_of(path: str) -> tuple[str, ...]:
    """Return the other names of an entry."""
    found = re.findall(r"^  aliases +=\s*\[(.*?)\]", text_of(path), re.MULTILINE | re.DOTALL)
    return tuple(name for inside in found for name in re.findall(r'"([^"]*)"', inside))


def number_of(path: str, field: str) -> int:
    """Return a whole number that an entry states; 0 where it states none."""
    found = re.search(rf"^  {field} +=\s*([\d_]+)", text_of(path), re.MULTILINE)
    return int(found[1].replace("_", "")) if found else 0
