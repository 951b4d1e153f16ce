"""Calibrations: blocks to values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from types import MappingProxyType

from inferc.compiler.load import CATALOG
from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.calibration import Calibration, Factors, MeasuredCell, Residuals
from inferc.compiler.resolve import (
    CallValue,
    FieldValue,
    ListValue,
    RecordValue,
    ResolvedBlock,
    Value,
    catalog_blocks,
)
from inferc.dsl import Diagnostic
from inferc.stdlib import files as stdlib

SERVED = "_served"
"""Behind the name of an engine: the same where its one process also writes the answers."""

ACCELERATORS = "accelerators"
"""The one field of ``of_architecture`` that is no factor."""


def calibration(block: ResolvedBlock) -> Calibration:
    """Return the calibration that ``block`` describes."""
    engines, architectures = _named(block, "of_engine"), _named(block, "of_architecture")
    return Calibration(
        name=block.name,
        title=values.text_or(block, "title"),
        fitted=_day(block),
        rows=values.count_or(block, "rows", 0),
        typical=_amounts(block.child("typical")),
        engines=_factors(engines),
        architectures=_factors(architectures),
        intervals=_intervals(block.child("intervals")),
        residuals=_residuals(block.child("residuals")),
        measured=frozenset(_measured(engines, architectures)),
        source=_source(block),
    )


@cache
def shipped(path: str) -> Calibration | None:
    """Return the calibration at ``path`` of the catalog, or None where there is none."""
    block = catalog_blocks((path,)).get(path)
    return None if block is None else calibration(block)


def problems(block: ResolvedBlock, blocks: Sequence[ResolvedBlock]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a calibration; ``blocks`` are those of the file and the catalog."""
    yield from _unknown(block, "of_engine", "engine", _known_engines(blocks))
    yield from _unknown(block, "of_architecture", "architecture", _known_architectures(blocks))
    listed = {
        name
        for child in _named(block, "of_architecture").values()
        for name in values.words(child, ACCELERATORS)
    }
    for engine in _named(block, "of_engine").values():
        for name, field in _fields(engine.child("measured")):
            if name not in listed:
                yield report.measured_nowhere(field.span, accelerator=name)


def _unknown(
    block: ResolvedBlock, kind: str, what: str, known: frozenset[str]
) -> Iterator[Diagnostic]:
    for name, child in _named(block, kind).items():
        ending = SERVED if name.endswith(SERVED) else ""
        choices = sorted(f"{choice}{ending}" for choice in known)
        if name not in choices:
            yield report.unknown_in_calibration(child.span, what=what, name=name, known=choices)


def _known_engines(blocks: Sequence[ResolvedBlock]) -> frozenset[str]:
    own = {block.name for block in blocks if block.kind == "engine"}
    return frozenset(stdlib.names(f"{CATALOG}.engine")) | own


def _known_architectures(blocks: Sequence[ResolvedBlock]) -> frozenset[str]:
    """Return the architectures of all hardware, of which the catalog's is not even parsed."""
    from inferc.compiler.model.names import architectures

    own = {values.text_or(block, "architecture") for block in blocks}
    return architectures() | (own - {""})


# ---- what is in it ----------------------------------------------------------------------------


def _named(block: ResolvedBlock, kind: str) -> Mapping[str, ResolvedBlock]:
    return {child.name: child for child in block.children if child.kind == kind}


def _fields(block: ResolvedBlock | None) -> Iterator[tuple[str, FieldValue]]:
    if block is not None:
        yield from block.fields.items()


def _amounts(block: ResolvedBlock | None) -> Mapping[str, float]:
    found = {name: values.amount(field.value) for name, field in _fields(block)}
    return MappingProxyType(found)


def _factors(named: Mapping[str, ResolvedBlock]) -> Factors:
    """Return the factors of each block that has some."""
    found: dict[str, Mapping[str, float]] = {}
    for name, block in named.items():
        factors = {
            key: values.amount(field.value) for key, field in _fields(block) if key != ACCELERATORS
        }
        if factors:
            found[name] = MappingProxyType(factors)
    return MappingProxyType(found)


def _measured(
    engines: Mapping[str, ResolvedBlock], architectures: Mapping[str, ResolvedBlock]
) -> Iterator[MeasuredCell]:
    architecture_of = {
        accelerator: name
        for name, block in architectures.items()
        for accelerator in values.words(block, ACCELERATORS)
    }
    for engine, block in engines.items():
        for accelerator, field in _fields(block.child("measured")):
            for precision, models in _items(field.value):
                for model in models.items if isinstance(models, ListValue) else ():
                    yield MeasuredCell(
                        engine=engine,
                        architecture=architecture_of.get(accelerator, ""),
                        accelerator=accelerator,
                        model=values.word(model),
                        precision=precision,
                    )


def _intervals(block: ResolvedBlock | None) -> Factors:
    return MappingProxyType(
        {
            name: MappingProxyType(
                {key: values.amount(item) for key, item in field.value.arguments.items()}
            )
            for name, field in _fields(block)
            if isinstance(field.value, CallValue)
        }
    )


def _residuals(block: ResolvedBlock | None) -> Residuals:
    return MappingProxyType(
        {
            name: MappingProxyType(
                {
                    metric: MappingProxyType(
                        {key: values.amount(item) for key, item in _items(figures)}
                    )
                    for metric, figures in _items(field.value)
                }
            )
            for name, field in _fields(block)
        }
    )


def _items(value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, RecordValue):
        yield from value.items.items()


def _day(block: ResolvedBlock) -> str:
    field = block.fields.get("fitted")
    return field.value.isoformat() if field and isinstance(field.value, date) else ""


def _source(block: ResolvedBlock) -> str:
    """Return the source of a calibration: its fields have that of the block."""
    fields = [*block.fields.values()]
    fields += [field for child in block.children for field in child.fields.values()]
    return next((field.source for field in fields if field.source), "")
