"""The syntax tree as text, for people and tests: a line for each statement, values in brackets."""

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Final, TypeAlias

from inferc.dsl import syntax
from inferc.dsl.source import Span

if TYPE_CHECKING:
    from decimal import Decimal

Value: TypeAlias = "syntax.Node | str | Decimal | bool | tuple[Value, ...] | None"

_BODIES: Final = frozenset({"body", "otherwise"})
_PLACES: Final = frozenset({"span", "unit_span", "body_span", "module_span"})
_NAMES: Final = {"QuantityLiteral": "quantity", "MoneyLiteral": "money", "DateLiteral": "date"}


def dump(module: syntax.Module) -> str:
    """Return ``module`` as text: ``(assign chat.rate = (quantity 5 unit:req/s))``.

    Places are left out, and so is what is empty: equal texts mean equal trees but for the places.
    Statements inside others stand below them, indented.
    """
    return "".join(f"{'  ' * depth}{line}\n" for depth, line in _lines(module.statements))


def _lines(statements: tuple[syntax.AnyStatement, ...]) -> Iterator[tuple[int, str]]:
    """Return depth and text of every line; nesting is unwound on a list."""
    pending: list[tuple[int, syntax.AnyStatement | str]] = [
        (0, statement) for statement in reversed(statements)
    ]
    while pending:
        depth, item = pending.pop()
        if isinstance(item, str):
            yield depth, item
            continue
        yield depth, _flat(item)
        for name in ("otherwise", "body"):
            body: tuple[syntax.AnyStatement, ...] | None = getattr(item, name, None)
            if body is None:
                continue
            pending.extend((depth + 1, inner) for inner in reversed(body))
            if name == "otherwise":
                pending.append((depth, "else"))
            elif not body:
                pending.append((depth + 1, "{}"))


def _flat(value: Value) -> str:
    """Return ``value`` on one line; a sum of a thousand terms costs no recursion."""
    words: list[str] = []
    pending: list[Value | _Close] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Close):
            words[-1] += item.sign
        elif isinstance(item, tuple):
            words.append("[")
            pending.append(_Close("]"))
            pending.extend(reversed(item))
        elif isinstance(item, syntax.Node) and _short(item) is None:
            words.append(f"({_NAMES.get(type(item).__name__, type(item).__name__.lower())}")
            pending.append(_Close(")"))
            pending.extend(reversed(list(_fields(item))))
        elif isinstance(item, syntax.Node):
            words.append(_short(item) or "")
        else:
            words.append(str(item))
    return " ".join(words).replace("[ ", "[")


class _Close:
    """Where a bracket ends."""

    def __init__(self, sign: str) -> None:
        self.sign = sign


def _short(node: syntax.Node) -> str | None:
    """Return nodes that are a single word as that word."""
    match node:
        case syntax.Identifier(text=text) | syntax.NameRef(name=text):
            return text
        case syntax.Number(value=value):
            return str(value)
        case syntax.Path(steps=steps) if not any(step.indexes for step in steps):
            return node.text
        case syntax.Text(parts=(str(text),), long=False):
            return json.dumps(text)
        case _:
            return None


def _fields(node: syntax.Node) -> Iterator[Value]:
    """Return the fields of ``node`` that have something to say, the later ones with their names."""
    for field in fields(node):
        value: Value | Span = getattr(node, field.name)
        is_body = field.name in _BODIES and isinstance(node, syntax.Statement)
        if field.name in _PLACES or is_body or isinstance(value, Span):
            continue
        if value is None or value is False or value in ((), ""):
            continue
        if field.name in {"doc", "module"}:
            yield f"{field.name}:{json.dumps(value)}"
        elif isinstance(node, syntax.Text) and isinstance(value, tuple):
            yield tuple(json.dumps(part) if isinstance(part, str) else part for part in value)
        elif field.name in {"scale", "unit", "per", "long", "optional", "quoted"}:
            yield f"{field.name}:{value}" if isinstance(value, str) else field.name
        else:
            yield value
