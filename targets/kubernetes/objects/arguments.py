"""The engine's command line, spelled from the plan."""

from inferc.compiler.model import Engine
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.spelling import Value, groups_of, spelled

DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
"""Precisions that the engine computes in, by its own names."""

QUANTIZED_ON_LOAD = {"fp8": "fp8"}
"""Precisions that the engine makes of 16-bit weights; the others need weights made for them."""

PLANNED = (
    "tensor_parallel",
    "pipeline_parallel",
    "max_model_len",
    "max_num_seqs",
    "max_num_batched_tokens",
    "gpu_memory_utilization",
)
"""The planned values that every engine must be told."""

SHARE_DIGITS = 4


def planned_values(serving: Serving) -> dict[str, Value]:
    """Return what the engine must be told, by the name of the planned value."""
    plan = serving.plan
    shape, groups = plan.configuration, groups_of(serving)
    values: dict[str, Value] = {
        "served_model_name": plan.service.model_name,
        "port": str(serving.engine.port),
        "tensor_parallel": str(shape.tensor_parallel // groups),
        "pipeline_parallel": str(shape.pipeline_parallel),
        "max_model_len": str(plan.max_model_len),
        "max_num_seqs": str(-(-shape.max_num_seqs // groups)),
        "max_num_batched_tokens": str(-(-shape.max_num_batched_tokens // groups)),
        "gpu_memory_utilization": f"{round(plan.gpu_memory_utilization, SHARE_DIGITS):g}",
    }
    if shape.precision in DTYPES:
        values["dtype"] = DTYPES[shape.precision]
    if quantized_on_load(serving):
        values["quantization"] = QUANTIZED_ON_LOAD[shape.precision]
    values.update(spelled(serving))
    return values


def quantized_on_load(serving: Serving) -> bool:
    """Return whether the engine makes the planned precision itself.

    A repository whose name says the precision holds weights that are made already, and the engine
    refuses to make them twice.
    """
    precision = serving.plan.configuration.precision
    return precision in QUANTIZED_ON_LOAD and (precision not in serving.repository.lower())


def flag_of(engine: Engine, value: str) -> str:
    """Return the engine's flag for a planned value: as the catalog says, else by its name."""
    return engine.flags.get(value, f"--{value.replace('_', '-')}")


def flags(serving: Serving, release: Release) -> tuple[tuple[str, Value], ...]:
    """Return every flag with its value."""
    found = [
        (flag_of(serving.engine, name), value) for name, value in planned_values(serving).items()
    ]
    if release.drain_flag:
        found.append((release.drain_flag, str(serving.drain_s)))
    return tuple(found)
