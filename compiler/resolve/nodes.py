"""Blocks while they are resolved: nodes with layers of text, and the names they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.resolve.blocks import FieldValue, Word
from inferc.compiler.schema import Kind, Types
from inferc.compiler.units import Quantity
from inferc.dsl import Span
from inferc.dsl.syntax import Assign, Block, Clause, Constraint, Expression, Param, Remove

# ---- values that live only while resolving -----------------------------------------------------


class Poison:
    """The value of an expression that has an error; whatever is made of it is silent."""


class Nothing:
    """The value ``none``: an optional field or part that is absent."""


POISON = Poison()
NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the standard library, by dotted path."""

    dotted: str


@dataclass(frozen=True, slots=True)
class FileSpace:
    """The names of an imported file, by the key of its module."""

    key: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A field that the planner decides, by path."""

    path: str


@dataclass(frozen=True, slots=True)
class Many:
    """So many of a block."""

    count: Quantity
    node: "Node"


@dataclass(frozen=True, slots=True)
class Interval:
    """``low..high`` of two quantities."""

    low: Quantity
    high: Quantity


@dataclass(frozen=True, slots=True)
class Items:
    """A list or, with names, a record, whose members need not be values of the outside."""

    items: "tuple[Inner, ...]"
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A constructor with its arguments, not yet checked against a field."""

    name: str
    arguments: "Mapping[str, Inner]"
    spans: Mapping[str, Span]


# ---- names -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class LetName:
    """A ``let``, evaluated when it is asked for."""

    expression: Expression
    scope: "Scope"
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ParamName:
    """A ``param``, evaluated when it is asked for."""

    param: Param
    scope: "Scope"
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ValueName:
    """A name that holds a value: an import, a block, the variable of a loop."""

    value: "Inner"
    span: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class LinkName:
    """A name taken from another file."""

    key: str
    member: str
    span: Span


Name: TypeAlias = LetName | ParamName | ValueName | LinkName


class Scope:
    """Names, and the scope around them."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: "Scope | None" = None, names: dict[str, Name] | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Name] = {} if names is None else names

    def find(self, name: str) -> Name | None:
        """Return what ``name`` means here."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def visible(self) -> list[str]:
        """Return every name that could be meant here, the nearest first."""
        names: dict[str, None] = {}
        scope: Scope | None = self
        while scope is not None:
            names.update(dict.fromkeys(scope.names))
            scope = scope.parent
        return list(names)


# ---- blocks ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layer:
    """A block statement that contributes to a node, with the scope it stands in."""

    statement: Block
    scope: Scope


@dataclass(slots=True, eq=False)
class Entry:
    """What a field was set to; the last writer wins."""

    expression: Expression
    scope: Scope
    span: Span
    """Of the whole statement."""
    target_span: Span
    layer: int
    origin: Origin
    clauses: tuple[Clause, ...] = ()
    because: str = ""
    confidence: Confidence = Confidence.HIGH
    source: str = ""
    as_of: str = ""
    writers: tuple[Span, ...] = ()
    value: FieldValue | Poison | None = None
    """Once it is evaluated."""


@dataclass(slots=True, eq=False)
class Rule:
    """A constraint before its value is evaluated."""

    modifier: str
    percentile: Fraction | None
    target: str
    operator: str
    expression: Expression | None
    scope: Scope
    span: Span
    target_span: Span
    layer: int
    clauses: Mapping[str, Clause] = field(default_factory=dict[str, Clause])
    types: Types = ()
    """What the value may be."""
    single: bool = False
    """Whether the value is one of the alternatives that the operator takes, not their list."""
    replaced: tuple[Span, ...] = ()
    """Earlier lines whose place it took."""


class Node:
    """A block that is being resolved."""

    __slots__ = (
        "as_of",
        "broken",
        "children",
        "doc",
        "extended",
        "fields",
        "index",
        "indexed",
        "kind",
        "layers",
        "name",
        "name_span",
        "names",
        "origin",
        "parent",
        "partial",
        "pins",
        "root_path",
        "rules",
        "source",
        "state",
        "waiting",
        "written",
    )

    def __init__(self, kind: Kind, name: str, name_span: Span, parent: "Node | None") -> None:
        self.kind = kind
        self.name = name
        self.name_span = name_span
        self.parent = parent
        self.root_path = ""
        """The path where there is no parent: of a catalog entry, or of a fact in the file."""
        self.layers: list[Layer] = []
        self.written: list[Layer] = []
        """The layers that stand in the text under this name, without those of parents."""
        self.names: dict[str, Name] = {}
        self.fields: dict[str, Entry] = {}
        self.rules: list[Rule] = []
        self.pins: list[Rule] = []
        """Of a topology: the lines of its ``pin`` blocks, with full paths."""
        self.children: list[Node] = []
        self.index: dict[str, list[Node]] = {}
        """The first ``indexed`` children by what they are called."""
        self.indexed = 0
        self.waiting: list[Patch] = []
        """Statements of the body that write into other blocks."""
        self.broken: set[str] = set()
        """Fields and parts that were written and have an error."""
        self.partial = False
        """Whether it says something that nothing acts on yet, which may be what seems missing."""
        self.extended = False
        """Whether another block extends it."""
        self.doc = ""
        self.origin = Origin.GIVEN
        self.source = ""
        self.as_of = ""
        self.state = "new"
        """``new``, ``building`` or ``built``."""

    def add(self, layer: Layer) -> None:
        """Add a block statement that is written under this name."""
        self.layers.append(layer)
        self.written.append(layer)

    @property
    def span(self) -> Span:
        """The statement that made it, the last one where several did."""
        return self.layers[-1].statement.span

    @property
    def path(self) -> str:
        """The names from the topology, which is left out, down to here."""
        if self.parent is None:
            return self.root_path
        above = self.parent.path
        step = self.name or self.kind.name
        return f"{above}.{step}" if above else step

    @property
    def title(self) -> str:
        """What messages call it: ``service `chat```, ``the `load` of `chat```."""
        if self.name:
            return f"{self.kind.name} `{self.name}`"
        owner = self.parent
        if owner is None:
            return f"`{self.kind.name}`"
        return f"`{self.kind.name}` of {f'`{owner.name}`' if owner.name else owner.title}"

    def named(self, name: str, kind: Kind | None = None) -> "Node | None":
        """Return the child called ``name``, or the unnamed part of that kind.

        Targets have a namespace of their own: they are found only where their ``kind`` is given.
        """
        for child in self._called(name):
            if kind is not child.kind and (kind is not None or child.kind.label == "target"):
                continue
            return child
        return None

    def _called(self, name: str) -> "Sequence[Node]":
        """Return the children called ``name``, and the unnamed parts of a kind called so.

        Children come one by one, and there may be thousands.
        """
        for child in self.children[self.indexed :]:
            self.index.setdefault(child.name or child.kind.name, []).append(child)
        self.indexed = len(self.children)
        return self.index.get(name, ())

    def remove(self, child: "Node") -> None:
        """Take a child away."""
        self.children.remove(child)
        self.index, self.indexed = {}, 0


@dataclass(frozen=True, slots=True)
class Patch:
    """A statement with a path, to be applied once the blocks around it are built."""

    statement: Assign | Constraint | Remove
    scope: Scope
    node: Node
    """Where the path starts."""
    block: str
    """The kind of block it stands in: ``assume``, ``pin``, ``env``, or any other."""
    layer: int


Inner: TypeAlias = (
    Quantity
    | Word
    | str
    | bool
    | date
    | Interval
    | Poison
    | Nothing
    | Folder
    | FileSpace
    | Planned
    | Many
    | Items
    | Call
    | Node
)
"""Whatever an expression may evaluate to."""
