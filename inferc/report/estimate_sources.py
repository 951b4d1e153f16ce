"""The facts that an estimate rests on, each with its source and day."""

from typing import NamedTuple

from inferc.compiler.estimation import Setup
from inferc.compiler.perf.formats import compute_dtype
from inferc.compiler.provenance import Sourced


class Fact(NamedTuple):
    """A number of the catalog."""

    name: str
    value: float
    unit: str
    source: str
    as_of: str


def facts_of(setup: Setup) -> tuple[Fact, ...]:
    """Return what decides the figures of ``setup``, the hardware first."""
    hardware = setup.place.accelerator
    dtype = compute_dtype(hardware, setup.layout.precision)
    found = [
        _fact("memory", "B", hardware.memory_bytes),
        _fact("memory bandwidth", "B/s", hardware.bandwidth_bytes_per_s),
    ]
    if dtype:
        found.append(_fact(f"peak in {dtype}", "FLOP/s", hardware.flop_per_s[dtype]))
    if hardware.link is not None and setup.layout.tensor_parallel > 1:
        bandwidth = hardware.link.bandwidth_bytes_per_s
        found.append(_fact(f"link {hardware.link.title}", "B/s", bandwidth))
    if setup.accelerators_per_replica > setup.place.per_node:
        network = setup.place.network
        found.append(_fact(f"network {network.title}", "B/s", network.bandwidth_bytes_per_s))
    found.append(_fact("parameters", "", setup.model.parameters))
    return tuple(found)


def _fact(name: str, unit: str, value: Sourced[float]) -> Fact:
    return Fact(name=name, value=value.value, unit=unit, source=value.source, as_of=value.as_of)
