"""Syntax trees compared without places, and comments in order."""

import re
from dataclasses import fields

from inferc.dsl.source import Span
from inferc.dsl.syntax import Import, Module, Node


def same_tree(first: Module, second: Module) -> bool:
    """Return whether two modules say the same, wherever their parts stand in the text.

    The order of imports that stand one behind the other is none of the meaning.
    """
    return tree(first) == tree(second)


def tree(module: Module) -> tuple[object, ...]:
    """Return the statements of ``module`` as nested tuples without places."""
    statements: list[object] = []
    imports: list[tuple[str, object]] = []
    for statement in module.statements:
        shape = _shape(statement)
        if isinstance(statement, Import):
            imports.append((repr(shape), shape))
            continue
        statements.extend(item for _, item in sorted(imports, key=lambda pair: pair[0]))
        imports = []
        statements.append(shape)
    statements.extend(item for _, item in sorted(imports, key=lambda pair: pair[0]))
    return tuple(statements)


def comment_texts(module: Module) -> list[str]:
    """Return the comments of ``module`` in order, blanks at the ends of lines aside."""
    return [re.sub(r"[ \t\r]+$", "", item.text, flags=re.MULTILINE) for item in module.comments]


def _shape(value: object) -> object:
    """Return ``value`` with nodes as tuples of their class and fields, spans left out."""
    if isinstance(value, Node):
        inner = (getattr(value, field.name) for field in fields(value))
        return (type(value).__name__, *(_shape(item) for item in inner))
    if isinstance(value, tuple):
        return tuple(_shape(item) for item in value)
    return None if isinstance(value, Span) else value
