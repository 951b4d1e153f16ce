"""Configurations and loads for tests of estimates."""

from dataclasses import replace

from support import designs

from inferc.compiler.estimation import Estimator, Figures, Kind, Load, Setup
from inferc.compiler.perf.steps import Layout, Stage

CHAT = Load(Kind.RATE, 1.0, 1000.0, 200.0)


def setup(**changes: object) -> Setup:
    """Return Llama 3 70B in fp16 on four A100 under vLLM, with some of its choices changed.

    A name of :class:`Layout` changes the layout, any other the configuration.
    """
    layout = {"precision": "fp16", "tensor_parallel": 4}
    known = {field for field in Layout.__dataclass_fields__ if field in changes}
    layout.update({name: changes.pop(name) for name in known})  # type: ignore[misc]
    base = Setup(
        model=designs.LLAMA_3_70B,
        place=designs.a100_node(),
        engine=designs.vllm(),
        layout=Layout(**layout),  # type: ignore[arg-type]
        max_num_seqs=256,
        max_num_batched_tokens=8192,
        memory_share=0.9,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def stage(of: Setup | None = None) -> Stage:
    """Return the clock of a configuration."""
    used = of or setup()
    return Stage(used.model, used.place, used.engine, used.layout)


def figures(load: Load = CHAT, of: Setup | None = None) -> Figures:
    """Return the figures of a configuration that carries ``load``."""
    outcome = Estimator(of or setup()).estimate(load)
    assert outcome.diagnostics == ()
    assert outcome.figures is not None
    return outcome.figures


def of_kind(kind: Kind, amount: float, load: Load = CHAT) -> Load:
    """Return a load of the same lengths that comes in another way."""
    return load._replace(kind=kind, amount=amount)
