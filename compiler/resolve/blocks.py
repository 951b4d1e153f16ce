"""What resolution yields: blocks whose fields hold typed values in base units.

Names are looked up, expressions evaluated, parents (``extends``) and the patches of ``assume``,
``pin`` and ``env`` applied, and everything is checked against the schema. What a block *means* is
the business of the next phase.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.units import Quantity
from inferc.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an enumeration: ``fp16``, ``spiky``, ``kubernetes``."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a block.

    ``target`` is its path: ``dc1.gpu`` in the topology, or the key of a fact in
    :attr:`Resolved.catalog`.
    """

    target: str


@dataclass(frozen=True, slots=True)
class Multiple:
    """So many of a block: ``8 * cat.gpu.nvidia.a100_80gb_sxm``."""

    count: Quantity
    of: Ref


@dataclass(frozen=True, slots=True)
class RangeValue:
    """``low..high``, both included."""

    low: "Value"
    high: "Value"


@dataclass(frozen=True, slots=True)
class ListValue:
    """``[a, b]``."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class RecordValue:
    """``{ a = 1 }``."""

    items: Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class CallValue:
    """A constructor with checked arguments: ``dist``, ``between``, ``spiky``.

    Positional arguments are filled in under the names that the schema gives them.
    """

    name: str
    arguments: Mapping[str, "Value"]


Value: TypeAlias = (
    Quantity
    | Word
    | str
    | bool
    | date
    | Ref
    | Multiple
    | RangeValue
    | ListValue
    | RecordValue
    | CallValue
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """The value of one field and how it came about."""

    value: Value
    text: str
    """As it was written."""
    span: Span
    origin: Origin
    """GIVEN, ASSUMED or CATALOG."""
    because: str = ""
    confidence: Confidence = Confidence.HIGH
    source: str = ""
    """Of a catalog fact, from the ``@source`` of the field or else of its block."""
    as_of: str = ""
    writers: tuple[Span, ...] = ()
    """Every statement that wrote this field, the one that won last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A statement that is not an assignment: SLA lines, narrowed planner fields, soft goals.

    ``target`` is the full path for lines of ``pin`` blocks and the path as written elsewhere.
    """

    modifier: str
    """``prefer``, ``forbid``, ``require`` or empty."""
    percentile: float | None
    """0.95 for p95."""
    target: str
    operator: str
    """``<=`` …, ``in``, ``not in``, ``=``, or empty for a bare ``forbid``."""
    value: Value | None
    text: str
    span: Span
    clauses: Mapping[str, "Value"]
    """By keyword: ``over``, ``at``, ``per``, ``because``, ``until``, ``confidence``."""
    writers: tuple[Span, ...] = ()
    """Every statement of this line, those it took the place of first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedBlock:
    """A block with everything looked up."""

    kind: str
    name: str
    """Empty for unnamed parts such as ``load``."""
    path: str
    """From the topology down: ``dc1.gpu``; for a catalog entry ``gpu.nvidia.a100_80gb_sxm``."""
    fields: Mapping[str, FieldValue]
    restrictions: tuple[Restriction, ...]
    children: tuple["ResolvedBlock", ...]
    doc: str
    span: Span

    def child(self, kind: str) -> "ResolvedBlock | None":
        """Return the first child of ``kind``, or None."""
        return next((child for child in self.children if child.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A file with everything looked up."""

    topologies: tuple[ResolvedBlock, ...]
    """Each with its models, clusters, devices, services, emits as children."""
    catalog: Mapping[str, ResolvedBlock]
    """The facts that the topologies rest on, by path.

    Catalog entries that were reached, without the leading ``std.catalog``; those that stand in for
    what is not said; and the user's own, with the origin GIVEN.
    """
