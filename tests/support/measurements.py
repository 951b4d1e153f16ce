"""Small tables of measurements: made up by the model itself, with coefficients that are known."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from random import Random
from typing import Any

from inferc.compiler.calibration import Conditions, Measured, Measurement, Prediction
from inferc.compiler.calibration.prediction import predict_one
from inferc.compiler.calibration.values import Basis, Span
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.perf.coefficients import FITTED
from inferc.compiler.units import to_unit

_ONE = {item.name: 1.0 for item in FITTED}

NEUTRAL = {"vllm": _ONE, "sglang": _ONE}
"""Factors of engines that change nothing; without, what the catalog says of an engine counts."""

TRUTH = Calibration(
    typical={
        "compute_efficiency": 0.6,
        "memory_efficiency": 0.7,
        "kv_efficiency": 0.6,
        "step_overhead_s": 2.5e-3,
        "frontend_s": 10e-3,
    },
    engines={**NEUTRAL, "sglang": {**_ONE, "step_overhead_s": 1.6, "frontend_s": 0.6}},
    architectures={"Ampere": {"compute_efficiency": 0.85}, "Hopper": {"memory_efficiency": 1.1}},
)
"""What the world is like in the tables here: not what the model takes for granted."""

MODELS = (("llama-3.1-8b", 1), ("qwen3-32b", 2))
"""Models, and over how many accelerators their layers are split."""
ENGINES = ("vllm", "sglang")
GPUS = ("h100_sxm", "a100_80gb_sxm")
LENGTHS = ((128.0, 64.0), (2048.0, 64.0))
CLIENTS = (1, 8, 64)


def conditions(**said: Any) -> Conditions:
    """Return a run of four requests for each client, unless it is said otherwise."""
    usual: dict[str, Any] = {
        "id": "A",
        "source": "our bench",
        "model": "llama-3.1-8b",
        "gpu": "h100_sxm",
        "gpus": 1,
        "tensor_parallel": 1,
        "engine": "vllm",
        "weights": "bf16",
        "isl_tok": 512.0,
        "osl_tok": 64.0,
        "load": "closed_loop",
        "concurrency": 8,
        "num_prompts": 32,
        "stat": "mean",
    }
    return Conditions(**usual | said)


def measured(said: Mapping[str, float], **also: Any) -> Measurement:
    """Return a run in which ``said`` came out: fields of :class:`Measured`."""
    return Measurement(conditions=conditions(**also), measured=Measured(**said))


def prediction(name: str = "A", basis: Basis = Basis.MEASURED, **values: Any) -> Prediction:
    """Return a prediction: each value alone, or with both ends of its interval."""
    spans = {
        metric: Span(value=value[0], low=value[1], high=value[2])
        if isinstance(value, tuple)
        else Span(value=value, low=0.9 * value, high=1.1 * value)
        for metric, value in values.items()
    }
    return Prediction(id=name, values=spans, basis=basis)


def grid() -> tuple[Conditions, ...]:
    """Return 48 runs: two of each, models, engines, accelerators and lengths, and three loads."""
    return tuple(
        conditions(
            id=f"{engine}/{gpu}/{model}/{prompt:.0f}/{clients}",
            engine=engine,
            gpu=gpu,
            model=model,
            gpus=split,
            tensor_parallel=split,
            isl_tok=prompt,
            osl_tok=output,
            concurrency=clients,
            num_prompts=4 * clients,
        )
        for engine in ENGINES
        for gpu in GPUS
        for model, split in MODELS
        for prompt, output in LENGTHS
        for clients in CLIENTS
    )


def lived(
    runs: Iterable[Conditions], truth: Calibration = TRUTH, *, noise: float = 0.0, seed: int = 0
) -> tuple[Measurement, ...]:
    """Return what ``runs`` come to where ``truth`` holds, each figure off by about ``noise``."""
    chance = Random(seed)

    def seen(value: float) -> float:
        return value * chance.lognormvariate(0.0, noise)

    rows: list[Measurement] = []
    for run in runs:
        found = {name: span.value for name, span in predict_one(run, truth).values.items()}
        slower = seen(1.0)
        values = Measured(
            ttft_s=seen(found["ttft"]),
            tpot_s=seen(found["tpot"]),
            output_tok_per_s=found["output_tok"] / slower,
            total_tok_per_s=found["total_tok"] / slower,
        )
        rows.append(Measurement(conditions=run, measured=values))
    return tuple(rows)


def times(rows: Iterable[Measurement], factor: float) -> tuple[Measurement, ...]:
    """Return ``rows`` with latencies so many times as long, and as much less throughput."""
    return tuple(
        replace(
            row,
            measured=Measured(
                ttft_s=_scaled(row.measured.ttft_s, factor),
                tpot_s=_scaled(row.measured.tpot_s, factor),
                output_tok_per_s=_scaled(row.measured.output_tok_per_s, 1.0 / factor),
                total_tok_per_s=_scaled(row.measured.total_tok_per_s, 1.0 / factor),
            ),
        )
        for row in rows
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


COLUMNS = (
    "id", "source", "model", "gpu", "gpus", "tp", "engine", "weights", "isl", "osl", "load",
    "concurrency", "rate_per_s", "num_prompts", "scheduler_flags", "stat",
)  # fmt: skip
MEASURED = ("ttft_ms", "tpot_ms", "total_tok_s", "output_tok_s")


def cells(row: Measurement) -> dict[str, str]:
    """Return a measurement as a line of a table."""
    run, found = row.conditions, row.measured
    ttft_ms, tpot_ms = (
        None if value is None else to_unit(value, "ms") for value in (found.ttft_s, found.tpot_s)
    )
    values: Sequence[object] = (
        run.id, run.source, run.model, run.gpu, run.gpus, run.tensor_parallel, run.engine,
        run.weights, run.isl_tok, run.osl_tok, run.load, run.concurrency, run.rate_per_s,
        run.num_prompts, run.scheduler_flags, run.stat, ttft_ms, tpot_ms, found.total_tok_per_s,
        found.output_tok_per_s,
    )  # fmt: skip
    return {
        name: "" if value is None else str(value)
        for name, value in zip((*COLUMNS, *MEASURED), values, strict=True)
    }


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return lines as the text of a table."""
    out = StringIO()
    writer = csv.DictWriter(out, (*COLUMNS, *MEASURED), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
