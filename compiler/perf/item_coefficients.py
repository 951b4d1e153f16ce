"""What engines that batch whole items reach of the data sheet: names, ranges, typical values.

An engine's own figures (``coefficients`` of its catalog entry) come first; the typical ones hold
where it has none. Factors of an accelerator's architecture that were fitted to generators of text
do not apply: their kernels are others.
"""

from collections.abc import Mapping

from inferc.compiler.model import Engine
from inferc.compiler.perf.coefficients import Coefficient

_FIT = "held against published throughputs, see tests/physics/test_physics_items.py"

COEFFICIENTS: tuple[Coefficient, ...] = (
    Coefficient(
        "compute_efficiency",
        "1",
        0.55,
        0.05,
        0.95,
        "share of the dense 16-bit peak that matrix products of a large batch reach",
        _FIT,
    ),
    Coefficient(
        "convolution_efficiency",
        "1",
        0.50,
        0.05,
        0.95,
        "the same for convolutions",
        _FIT,
    ),
    Coefficient(
        "narrow_efficiency",
        "1",
        0.85,
        0.2,
        1.0,
        "products in 8 bits, relative to 16: scales, and conversions between operators",
        _FIT,
    ),
    Coefficient(
        "attention_efficiency",
        "1",
        0.40,
        0.05,
        0.9,
        "share of the 16-bit peak that attention reaches",
        "Dao, FlashAttention-2 (2023), figure 5; " + _FIT,
    ),
    Coefficient(
        "memory_efficiency",
        "1",
        0.80,
        0.2,
        0.97,
        "share of the memory bandwidth that weights and activations reach",
        _FIT,
    ),
    Coefficient(
        "activation_traffic",
        "1",
        1.0,
        0.3,
        8.0,
        "activations that really move, over those that operators write once and read once: above 1 "
        "where norms and activation functions are operators of their own",
        _FIT,
    ),
    Coefficient(
        "random_access_efficiency",
        "1",
        0.50,
        0.02,
        0.95,
        "the same for rows of embedding tables, a few sectors each",
        _FIT,
    ),
    Coefficient(
        "half_tok",
        "tok",
        64.0,
        0.0,
        1024.0,
        "rows at which matrix products run at half their speed: tiles and waves are not full",
        "NVIDIA, Matrix Multiplication Background User's Guide (2023)",
    ),
    Coefficient(
        "kernel_overhead_s",
        "s",
        4e-6,
        0.0,
        50e-6,
        "gap between two kernels",
        _FIT,
    ),
    Coefficient(
        "batch_overhead_s",
        "s",
        0.5e-3,
        0.0,
        20e-3,
        "scheduler and copies of a batch",
        _FIT,
    ),
    Coefficient(
        "item_overhead_s",
        "s",
        0.0,
        0.0,
        5e-3,
        "host time of each item that the device waits for",
        _FIT,
    ),
    Coefficient(
        "frontend_s",
        "s",
        2e-3,
        0.0,
        0.3,
        "protocol, parsing and answer of a request, beside the device's time",
        _FIT,
    ),
    Coefficient(
        "memory_share",
        "1",
        0.95,
        0.1,
        1.0,
        "share of an accelerator's memory that the engine may take",
        "the rest is the driver's and other processes'",
    ),
    Coefficient(
        "runtime_bytes",
        "byte",
        1.0e9,
        0.0,
        2e10,
        "context, libraries and workspaces on one accelerator",
        "TensorRT's default workspace and a CUDA context; estimate",
    ),
)

ALL: Mapping[str, Coefficient] = {item.name: item for item in COEFFICIENTS}


def item_coefficients(engine: Engine) -> dict[str, float]:
    """Return every coefficient of ``engine``, each within its physical range."""
    return {name: _within(item, engine) for name, item in ALL.items()}


def _within(item: Coefficient, engine: Engine) -> float:
    own = engine.coefficients.get(item.name)
    return min(item.high, max(item.low, own.value if own else item.typical))
