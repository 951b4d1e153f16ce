"""The syntax tree: one frozen dataclass per construct, each with its span.

Names are not resolved, units not looked up and nothing is evaluated here. The tree keeps the
order of the text; comments lie beside it in :class:`Module` for the formatter.

A node is equal to itself alone: two texts that mean the same are two trees
(:mod:`inferc.dsl.text` shows whether they look alike), and no comparison walks a deep one.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from inferc.dsl.source import SourceFile, Span


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """What every part of the tree has."""

    span: Span


# ---- names -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identifier(Node):
    """A single word, as it was written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathStep(Node):
    """One segment of a path with the index expressions behind it: ``pools[0]``."""

    name: Identifier
    indexes: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path(Node):
    """A place that a statement writes or constrains: ``chat.load.rate``."""

    steps: tuple[PathStep, ...]

    @property
    def text(self) -> str:
        """The names joined with dots, without indexes."""
        return ".".join(step.name.text for step in self.steps)


# ---- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Number(Node):
    """A number without a unit."""

    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantityLiteral(Node):
    """A number with a unit word that is not judged yet: ``1000 requests/min``, ``5%``, ``8x``.

    ``unit`` is the text behind the number, blanks removed: ``k req/s`` for ``16k req/s`` is split
    into ``scale = "k"`` and ``unit = "req/s"`` only where a blank stands behind the letter. A rate
    without a noun, ``1000/min``, has the unit ``/min``.
    """

    value: Decimal
    scale: str
    unit: str
    unit_span: Span


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoneyLiteral(Node):
    """An amount of dollars, possibly per something: ``$2.49/gpu/h``, ``$85k/mo``."""

    value: Decimal
    scale: str
    per: str
    """The units behind the amount, with their slashes: ``/gpu/h``; empty for a plain amount."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DateLiteral(Node):
    """A calendar day: ``2026-12-31``. ``text`` may still be an impossible day."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text(Node):
    """A string. ``parts`` alternate between literal text and interpolated expressions."""

    parts: tuple["str | Expression", ...]
    long: bool = False
    """Whether it was written between three quotes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameRef(Node):
    """A bare word in an expression: a reference, or a word of an enumeration."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attribute(Node):
    """``base.name``."""

    base: "Expression"
    name: Identifier


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index(Node):
    """``base[index]``."""

    base: "Expression"
    index: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Argument(Node):
    """An argument of a call; ``name`` is None for a positional one, may be ``p95``."""

    name: Identifier | None
    value: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call(Node):
    """``function(arguments)``."""

    function: "Expression"
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unary(Node):
    """``-operand``, ``+operand`` or ``not operand``."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binary(Node):
    """``left operator right`` for ``+ - * / == != < <= > >= and or in`` and ``not in``."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Range(Node):
    """``low..high``, both ends included."""

    low: "Expression"
    high: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ternary(Node):
    """``condition ? then : otherwise``."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListExpr(Node):
    """``[a, b]``."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comprehension(Node):
    """``[for variable in iterable if condition: element]``."""

    variable: Identifier
    iterable: "Expression"
    condition: "Expression | None"
    element: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair(Node):
    """``key = value`` inside a record."""

    key: Identifier
    value: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record(Node):
    """``{ a = 1, b = 2 }``."""

    pairs: tuple[Pair, ...]


Expression: TypeAlias = (
    Number
    | QuantityLiteral
    | MoneyLiteral
    | DateLiteral
    | Text
    | NameRef
    | Attribute
    | Index
    | Call
    | Unary
    | Binary
    | Range
    | Ternary
    | ListExpr
    | Comprehension
    | Record
)


# ---- statements ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clause(Node):
    """What may stand behind a statement.

    ``keyword`` is one of ``over at per because until else confidence where``; ``per`` has a path as
    an expression of names and attributes, ``because`` and ``else`` a :class:`Text`, ``until`` a
    :class:`DateLiteral`, ``confidence`` a :class:`NameRef`.
    """

    keyword: str
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decorator(Node):
    """``@name(arguments)`` in front of a statement."""

    name: str
    """Dotted."""
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement(Node):
    """What every statement has; ``doc`` is the ``///`` text in front of it, lines joined."""

    decorators: tuple[Decorator, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Header(Statement):
    """``infer 1``: the edition of the language."""

    edition: Number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Import(Statement):
    """``import std.catalog as cat``, ``import "./slas.infer" { gold }``."""

    module: str
    """A dotted name, or the text of the string."""
    module_span: Span
    quoted: bool
    names: tuple[Identifier, ...]
    alias: Identifier | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TypeExpr(Node):
    """The type of a parameter: alternatives, each a dotted name, text, number or list type."""

    alternatives: tuple["Identifier | Text | Number | TypeExpr", ...]
    """A nested TypeExpr is the element type of a list."""
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Param(Statement):
    """``param region: "a" | "b" = "a" where …``."""

    name: Identifier
    type: TypeExpr | None
    default: Expression | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Let(Statement):
    """``let peak = 3x``."""

    name: Identifier
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block(Statement):
    """``kind label … extends base { … }``."""

    kind: Identifier
    labels: tuple["Identifier | Text", ...]
    extends: Path | None
    body: tuple["AnyStatement", ...]
    body_span: Span
    """From the opening to the closing brace, both included."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assign(Statement):
    """``path = value``; ``operator`` is ``=``, ``+=`` or ``-=``."""

    target: Path
    operator: str
    value: Expression
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constraint(Statement):
    """``p95 ttft <= 500ms``, ``nodes in 1..8``, ``prefer cost <= $9k/mo``, ``forbid chat.next``.

    ``modifier`` is ``prefer``, ``forbid``, ``require`` or empty; ``percentile`` is ``p95`` or
    empty;
    ``operator`` is a comparison, ``in``, ``not in``, ``=`` (only behind a modifier) or empty for a
    bare ``forbid path``, whose ``value`` is then None.
    """

    modifier: str
    percentile: Identifier | None
    target: Path
    operator: str
    value: Expression | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow(Statement):
    """``a -> b -> c { weight = 95% }``."""

    stops: tuple[Path, ...]
    body: tuple["AnyStatement", ...] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class For(Statement):
    """``for t in xs { … }``."""

    variable: Identifier
    iterable: Expression
    body: tuple["AnyStatement", ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class If(Statement):
    """``if c { … } else { … }``; ``else if`` is an If alone in ``otherwise``."""

    condition: Expression
    body: tuple["AnyStatement", ...]
    otherwise: tuple["AnyStatement", ...] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assert(Statement):
    """``assert expression else "message"``."""

    condition: Expression
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remove(Statement):
    """``remove chat.next``, ``remove p95 ttft``."""

    percentile: Identifier | None
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFrom(Statement):
    """``model m from "path/config.json" { … }``."""

    kind: Identifier
    name: Identifier
    path: Text
    body: tuple["AnyStatement", ...] | None


AnyStatement: TypeAlias = (
    Header
    | Import
    | Param
    | Let
    | Block
    | Assign
    | Constraint
    | Flow
    | For
    | If
    | Assert
    | Remove
    | ModelFrom
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comment(Node):
    """A comment with its marks: ``# …``, ``// …``, ``/// …`` or ``/* … */``."""

    text: str
    own_line: bool
    """Whether only blanks stand before it on its line."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Module:
    """One parsed file."""

    source: SourceFile
    statements: tuple[AnyStatement, ...]
    comments: tuple[Comment, ...]
