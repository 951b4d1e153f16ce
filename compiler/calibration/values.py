"""The values that scoring and fitting pass on."""

from dataclasses import dataclass

METRICS = ("ttft", "tpot", "throughput")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What the coefficients of a measurement depend on."""

    engine: str
    """The engine, with its generation where that changed how it works: ``vllm``, ``vllm_v0``."""
    architecture: str
    """Of the accelerator: ``Hopper``."""
    narrow: bool
    """Whether the weights are in fewer than 16 bits."""
