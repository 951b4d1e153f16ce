"""What a configuration has beyond layout and limits: cache, experts, guesses, kinds of replicas."""

from collections.abc import Mapping

from inferc.compiler.perf import Configuration
from inferc.compiler.plan import SIXTEEN_BIT
from inferc.compiler.topology import Json
from inferc.compiler.wording.amounts import plural


def unusual(shape: Configuration) -> tuple[tuple[str, str], ...]:
    """Return names and values of what is not as usual, for people."""
    found: list[tuple[str, str]] = []
    if shape.kv_precision not in SIXTEEN_BIT:
        found.append(("kv_precision", shape.kv_precision))
    if shape.expert_parallel > 1:
        found.append(("expert_parallel", str(shape.expert_parallel)))
    if shape.attention_data_parallel > 1:
        found.append(("attention_data_parallel", str(shape.attention_data_parallel)))
    if shape.speculation:
        guesses = f"{shape.speculation.kind}, {shape.speculation.tokens} tok a step"
        found.append(("speculation", guesses))
    return tuple(found)


def prompts_line(shape: Configuration) -> tuple[tuple[str, str], ...]:
    """Return names and values of the replicas that compute prompts only, where there are any."""
    before = shape.prefill
    if before is None:
        return ()
    whose = "its" if before.replicas == 1 else "their"
    return (
        ("prompts on", f"{plural(before.replicas, 'replica')} of {whose} own"),
        ("tensor_parallel", str(before.tensor_parallel)),
        *((("pipeline_parallel", str(before.pipeline_parallel)),) * (before.pipeline_parallel > 1)),
        ("max_num_batched_tokens", str(before.max_num_batched_tokens)),
    )


def to_data(shape: Configuration) -> dict[str, Json]:
    """Return all of it as plain values."""
    speculation = shape.speculation
    return {
        "kv_precision": shape.kv_precision,
        "expert_parallel": shape.expert_parallel,
        "attention_data_parallel": shape.attention_data_parallel,
        "routing": shape.routing,
        "speculation": None
        if speculation is None
        else {
            "kind": speculation.kind,
            "tokens": speculation.tokens,
            "accepted": speculation.accepted,
            "acceptance": speculation.acceptance,
        },
        "prefill": None if shape.prefill is None else _prefill(shape.prefill),
    }


def _prefill(shape: Configuration) -> Mapping[str, Json]:
    return {
        "replicas": shape.replicas,
        "tensor_parallel": shape.tensor_parallel,
        "pipeline_parallel": shape.pipeline_parallel,
        "expert_parallel": shape.expert_parallel,
        "attention_data_parallel": shape.attention_data_parallel,
        "max_num_seqs": shape.max_num_seqs,
        "max_num_batched_tokens": shape.max_num_batched_tokens,
    }
