"""Hardware and links of the catalog: published anchors, and what holds for all of them."""

import pytest

from inferc import stdlib
from inferc.compiler.model.catalog import HARDWARE, accelerator_at
from inferc.compiler.model.design import Accelerator

ALL = [
    path.removeprefix("catalog.")
    for folder in HARDWARE
    for path in stdlib.all_entries(f"catalog.{folder}")
]
SLOW_INT8 = {"gpu.nvidia.b300_288gb_sxm", "gpu.nvidia.gb300_288gb"}
"""Blackwell Ultra gave up the int8 speed of its tensor cores for fp4."""


def at(path: str) -> Accelerator:
    found = accelerator_at(path)
    assert found is not None, path
    return found


def peaks(path: str) -> dict[str, float]:
    return {name: number.value for name, number in at(path).flop_per_s.items()}


@pytest.mark.parametrize("path", ALL)
def test_narrower_formats_are_not_slower(path: str) -> None:
    found = peaks(path)
    pairs = [("fp32", "fp16"), ("fp16", "fp8"), ("fp8", "fp4"), ("int8", "int4")]
    pairs += [] if path in SLOW_INT8 else [("fp16", "int8")]
    for wide, narrow in pairs:
        if wide in found and narrow in found:
            assert found[wide] <= found[narrow], (wide, narrow)
