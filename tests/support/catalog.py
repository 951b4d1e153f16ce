"""The catalog as the compiler sees it: entries parsed, every number with its decorators."""

from collections.abc import Iterator
from functools import cache

from inferc import stdlib
from inferc.dsl import SourceFile, parse
from inferc.dsl.syntax import (
    Assign,
    Block,
    DateLiteral,
    Decorator,
    Expression,
    Module,
    MoneyLiteral,
    Node,
    Number,
    QuantityLiteral,
    Text,
)

ENTRIES = stdlib.all_entries("catalog")
KINDS = {
    "accelerator": "accelerator",
    "board": "board",
    "calibration": "calibration",
    "cpu": "cpu",
    "engine": "engine",
    "gpu": "gpu",
    "instance": "instance",
    "link": "link",
    "mig": "mig",
    "models": "llm",
    "networks": "network",
    "platform": "platform",
    "shape": "shape",
    "workload": "workload",
}
"""The kind of block in each folder of the catalog."""


@cache
def module(path: str) -> Module:
    """Return the parsed entry at ``path``, which must be free of mistakes."""
    text = stdlib.read(path)
    assert text is not None, path
    parsed = parse(SourceFile(f"std/{path}.infer", text))
    assert not parsed.diagnostics, [item.message for item in parsed.diagnostics]
    return parsed.module


def blocks(path: str) -> list[Block]:
    """Return the blocks of the entry at ``path``."""
    return [item for item in module(path).statements if isinstance(item, Block)]


def source_of(decorators: tuple[Decorator, ...]) -> tuple[str, str] | None:
    """Return text and date of a ``@source`` decorator, or None."""
    for decorator in decorators:
        if decorator.name == "source":
            named = {
                argument.name.text: argument.value
                for argument in decorator.arguments
                if argument.name
            }
            texts = [argument.value for argument in decorator.arguments if argument.name is None]
            date = named.get("as_of")
            assert len(texts) == 1
            assert isinstance(texts[0], Text)
            return str(texts[0].parts[0]), date.text if isinstance(date, DateLiteral) else ""
    return None


def numbers(
    block: Block, inherited: tuple[str, str] | None = None
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Yield every field of ``block`` that holds a number, with the source that covers it."""
    source = source_of(block.decorators) or inherited
    for statement in block.body:
        if isinstance(statement, Block):
            yield from numbers(statement, source)
        elif isinstance(statement, Assign) and _has_number(statement.value):
            yield statement.target.text, source_of(statement.decorators) or source


def _has_number(expression: Expression) -> bool:
    return any(
        isinstance(node, (MoneyLiteral, Number, QuantityLiteral)) for node in _nodes(expression)
    )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield from _nodes(item)
