"""What a schema consists of: types, fields, kinds, metrics, constructors. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from inferc.compiler.units import Dimension

Form: TypeAlias = Literal[
    "quantity",
    "text",
    "bool",
    "date",
    "word",
    "entry",
    "ref",
    "multiple",
    "list",
    "range",
    "call",
    "record",
    "any",
]
Label: TypeAlias = Literal["name", "optional", "text", "target", "none"]
Owner: TypeAlias = Literal["user", "planner", "derived"]
Status: TypeAlias = Literal["supported", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """One alternative of what a value may be; which attributes count depends on ``form``."""

    form: Form
    dimension: Dimension = field(default_factory=Dimension)
    """Of a quantity."""
    exact: bool = False
    """Whether the noun of a count may not be left out: ``500/s`` could be tokens or requests."""
    whole: bool = False
    """Whether a quantity must be a whole number of its unit's base."""
    low: Fraction | None = None
    """The least allowed quantity."""
    above_low: bool = False
    """Whether ``low`` itself is not allowed."""
    high: Fraction | None = None
    """The largest allowed quantity."""
    words: tuple[str, ...] = ()
    """Of an enumeration."""
    kinds: tuple[str, ...] = ()
    """Of blocks that a reference, or a multiple of one, may name. An ``entry`` is a bare word that
    names a catalog entry of its kind's folder, ``engine = vllm``, or a block of the user's."""
    of: "tuple[Type, ...]" = ()
    """The alternatives of a list's items, a range's ends, a record's values, a call's amounts."""
    calls: tuple[str, ...] = ()
    """Names of constructors."""


Types: TypeAlias = tuple[Type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a block, or a parameter of a constructor."""

    name: str
    types: Types
    doc: str
    owner: Owner = "user"
    required: bool = False
    status: Status = "supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A kind of block that may stand inside another, and how often."""

    kind: str
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What an SLA line may constrain."""

    name: str
    dimensions: tuple[Dimension, ...]
    doc: str
    percentile: bool
    """Whether a percentile of it makes sense."""
    better: Literal["lower", "higher"]
    status: Status = "supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of block."""

    name: str
    doc: str
    label: Label
    """What stands behind the word: a name that others refer to, a text, the name of a target."""
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    free: Types = ()
    """What fields of any name may hold; empty where only ``fields`` are allowed."""
    metrics: bool = False
    """Whether the body holds SLA lines."""
    status: Status = "supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constructor:
    """A function that builds a value: ``dist(mean = 200, p95 = 700)``."""

    name: str
    doc: str
    parameters: tuple[Field, ...]
    at_most_one_of: tuple[str, ...] = ()
    """Parameters that say the same thing in different ways."""
    status: Status = "supported"
