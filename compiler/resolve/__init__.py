"""Names and values: modules to blocks whose fields are typed values."""

from inferc.compiler.resolve.blocks import (
    CallValue,
    FieldValue,
    ListValue,
    Multiple,
    RangeValue,
    RecordValue,
    Ref,
    Resolved,
    ResolvedBlock,
    Restriction,
    Value,
    Word,
)
from inferc.compiler.resolve.build import Outcome, resolve
from inferc.compiler.resolve.diagnostics import nothing_to_compile
from inferc.compiler.resolve.entries import catalog_blocks

__all__ = [
    "CallValue",
    "FieldValue",
    "ListValue",
    "Multiple",
    "Outcome",
    "RangeValue",
    "RecordValue",
    "Ref",
    "Resolved",
    "ResolvedBlock",
    "Restriction",
    "Value",
    "Word",
    "catalog_blocks",
    "nothing_to_compile",
    "resolve",
]
