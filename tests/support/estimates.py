"""Configurations and loads for tests of estimates."""

from dataclasses import replace

from support import designs

from inferc.compiler.calibration import EngineSettings, Operating, settings_or_defaults
from inferc.compiler.estimation import Estimator, Figures, Kind, Load, Setup
from inferc.compiler.perf.steps import Layout, Stage

CHAT = Load(Kind.RATE, 1.0, 1000.0, 200.0)


def setup(**changes: object) -> Setup:
    """Return Llama 3 70B in fp16 on four A100 under vLLM, with some of its choices changed.

    A name of :class:`Layout` changes the layout, one of :class:`Operating` how the engine works,
    any other the configuration.
    """
    layout = {"precision": "fp16", "tensor_parallel": 4}
    layout.update(_taken(Layout, changes))
    operating = replace(
        settings_or_defaults(
            EngineSettings(max_num_seqs=256, max_num_batched_tokens=8192, memory_share=0.9),
            designs.vllm(),
            designs.A100_80GB_SXM,
        ),
        **_taken(Operating, changes),  # type: ignore[arg-type]
    )
    base = Setup(
        model=designs.LLAMA_3_70B,
        place=designs.a100_node(),
        engine=designs.vllm(),
        layout=Layout(**layout),  # type: ignore[arg-type]
        operating=operating,
    )
    base = replace(base, engine=replace(base.engine, scheduling=operating.scheduling))
    return replace(base, **changes)  # type: ignore[arg-type]


def _taken(kind: type, changes: dict[str, object]) -> dict[str, object]:
    """Return what of ``changes`` are fields of ``kind``, and take it out of them."""
    names = [name for name in kind.__dataclass_fields__ if name in changes]  # type: ignore[attr-defined]
    return {name: changes.pop(name) for name in names}


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
