"""Nested expressions as Python source text in the layout of `ruff format`.

Whatever a user wrote becomes a string literal of printable ASCII; nothing else of it gets into a
program.
"""

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from inferc.targets.kubernetes.objects.names import digest

WIDTH = 100
INDENT = 4
STEM_LIMIT = 20
"""So that no line of a program is too long for its name alone."""

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Group:
    """A call, list or dictionary: items with what stands before each, such as ``name=``."""

    opener: str
    items: tuple[tuple[str, "Expression"], ...]
    closer: str


Expression: TypeAlias = str | Group
"""Source text, or a bracket that may be opened over several lines."""


def literal(text: str) -> str:
    """Return ``text`` as a string literal of printable ASCII, with the quotes that ruff prefers."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(char, quote) for char in text) + quote


def _escaped(char: str, quote: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char == quote:
        return f"\\{char}"
    return char if " " <= char <= "~" else ascii(char)[1:-1]


def block_literal(text: str) -> str | None:
    """Return ``text`` between three quotes; None where that would not show it as it is."""
    plain = all(line.isascii() and line.isprintable() for line in text.split("\n"))
    spaced = any(line != line.rstrip() for line in text.split("\n"))
    if not plain or spaced or "\\" in text or '"""' in text or not text.endswith("\n"):
        return None
    return f'"""\\\n{text}"""'


def call(function: str, arguments: Iterable[tuple[str, Expression]]) -> Group:
    """Return a call; an argument without a name is positional."""
    items = tuple((f"{name}=" if name else "", value) for name, value in arguments)
    return Group(f"{function}(", items, ")")


def array(items: Iterable[Expression]) -> Group:
    """Return a list."""
    return Group("[", tuple(("", item) for item in items), "]")


def dictionary(items: Iterable[tuple[str, Expression]]) -> Group:
    """Return a dictionary with strings for keys."""
    return Group("{", tuple((f"{literal(key)}: ", value) for key, value in items), "}")


def flat(expression: Expression) -> str:
    """Return ``expression`` on one line."""
    if isinstance(expression, str):
        return expression
    inner = ", ".join(before + flat(item) for before, item in expression.items)
    return f"{expression.opener}{inner}{expression.closer}"


def lay_out(before: str, expression: Expression, *, indent: int = 0, behind: str = "") -> list[str]:
    """Return the lines of ``expression`` between two texts, brackets opened where they must be."""
    line = " " * indent + before + flat(expression) + behind
    if isinstance(expression, str) or not expression.items or len(line) <= WIDTH:
        return [line]
    lines = [" " * indent + before + expression.opener]
    for head, item in expression.items:
        lines += lay_out(head, item, indent=indent + INDENT, behind=",")
    return [*lines, " " * indent + expression.closer + behind]


def assign(name: str, expression: Expression) -> list[str]:
    """Return an assignment at the top of a module."""
    line = f"{name} = {flat(expression)}"
    if isinstance(expression, str) and len(line) > WIDTH and "\n" not in line:
        inner = " " * INDENT + expression
        return [f"{name} = (", inner, ")"] if len(inner) <= WIDTH else [line]
    return lay_out(f"{name} = ", expression)


def import_from(module: str, names: Iterable[str]) -> list[str]:
    """Return an import of ``names``."""
    wanted = sorted(names)
    line = f"from {module} import {', '.join(wanted)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{' ' * INDENT}{name}," for name in wanted), ")"]


def stem(label: str) -> str:
    """Return what names about ``label``, a DNS label, are made from: a long one is cut."""
    if len(label) <= STEM_LIMIT:
        return label
    return f"{label[:STEM_LIMIT].rstrip('-')}-{digest(label)}"


def module_name(label: str, taken: Iterable[str]) -> str:
    """Return a name for a module about ``label``, a DNS label, that is not ``taken``."""
    name = stem(label).replace("-", "_")
    while keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in taken:
        name += "_service"
    return name


def class_name(label: str) -> str:
    """Return ``label``, a DNS label, in the form of a class name."""
    return "".join(part.capitalize() for part in stem(label).split("-"))


def identifier(name: str) -> str:
    """Return ``name``, of an object, in the form of a variable; a long one is cut."""
    plain = re.sub(r"[^a-z0-9]+", "_", stem(name.lower()).lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")


def snake(kind: str) -> str:
    """Return ``PersistentVolumeClaim`` as ``persistent_volume_claim``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
