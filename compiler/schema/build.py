"""Short words for writing schema tables."""

from fractions import Fraction

from inferc.compiler.schema.spec import (
    Constructor,
    Field,
    Kind,
    Label,
    Owner,
    Part,
    Status,
    Type,
    Types,
)
from inferc.compiler.units import NUMBER, Dimension

TEXT: Types = (Type(form="text"),)
BOOL: Types = (Type(form="bool"),)
DATE: Types = (Type(form="date"),)
ANY: Types = (Type(form="any"),)


def amount(dimension: Dimension = NUMBER, *, low: int | None = 0, high: int | None = None) -> Types:
    """Return the type of quantities of ``dimension``, from 0 unless said otherwise."""
    return (
        Type(
            form="quantity",
            dimension=dimension,
            low=None if low is None else Fraction(low),
            high=None if high is None else Fraction(high),
        ),
    )


def positive(dimension: Dimension = NUMBER) -> Types:
    """Return the type of quantities of ``dimension`` above zero."""
    return (Type(form="quantity", dimension=dimension, low=Fraction(0), above_low=True),)


def count(dimension: Dimension = NUMBER, *, low: int = 1) -> Types:
    """Return the type of whole numbers from ``low``."""
    return (Type(form="quantity", dimension=dimension, whole=True, low=Fraction(low)),)


def words(*names: str) -> Types:
    """Return the type of an enumeration."""
    return (Type(form="word", words=names),)


def entry(kind: str) -> Types:
    """Return the type of bare words that name catalog entries: ``engine = vllm``."""
    return (Type(form="entry", kinds=(kind,)), Type(form="ref", kinds=(kind,)))


def ref(*kinds: str) -> Types:
    """Return the type of references to blocks of ``kinds``."""
    return (Type(form="ref", kinds=kinds),)


def multiple(*kinds: str) -> Types:
    """Return the type of ``8 * reference``."""
    return (Type(form="multiple", kinds=kinds),)


def listed(of: Types) -> Types:
    """Return the type of lists."""
    return (Type(form="list", of=of),)


def ranged(of: Types) -> Types:
    """Return the type of ``low..high``."""
    return (Type(form="range", of=of),)


def record(of: Types) -> Types:
    """Return the type of records with free names."""
    return (Type(form="record", of=of),)


def call(*names: str, of: Types = ()) -> Types:
    """Return the type of constructor calls; ``of`` is what their own amounts must be."""
    return (Type(form="call", calls=names, of=of),)


def uncertain(of: Types) -> Types:
    """Return the type of a quantity, or a range of them with or without a typical value."""
    return of + ranged(of) + call("between", of=of)


def field(
    name: str,
    types: Types,
    doc: str,
    *,
    owner: Owner = "user",
    required: bool = False,
    status: Status = "supported",
) -> Field:
    """Return a field."""
    return Field(name=name, types=types, doc=doc, owner=owner, required=required, status=status)


def later(*names: str) -> tuple[Field, ...]:
    """Return fields of the language that nothing acts on yet."""
    return tuple(field(name, ANY, "Not acted on yet.", status="later") for name in names)


def part(kind: str, *, many: bool = False, required: bool = False) -> Part:
    """Return a block inside a block."""
    return Part(kind=kind, many=many, required=required)


def kind(
    name: str,
    doc: str,
    *members: Field | Part | tuple[Field, ...],
    label: Label = "name",
    free: Types = (),
    metrics: bool = False,
    status: Status = "supported",
) -> Kind:
    """Return a kind with its fields and parts."""
    flat = [item for group in members for item in (group if isinstance(group, tuple) else (group,))]
    return Kind(
        name=name,
        doc=doc,
        label=label,
        fields={item.name: item for item in flat if isinstance(item, Field)},
        parts={item.kind: item for item in flat if isinstance(item, Part)},
        free=free,
        metrics=metrics,
        status=status,
    )


def constructor(
    name: str, doc: str, *parameters: Field, at_most_one_of: tuple[str, ...] = ()
) -> Constructor:
    """Return a constructor."""
    return Constructor(name=name, doc=doc, parameters=parameters, at_most_one_of=at_most_one_of)
