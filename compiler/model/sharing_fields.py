"""What a service of a language model may state that only networks have."""

from collections.abc import Iterator, Mapping

from inferc.compiler.model import sharing_diagnostics as report
from inferc.compiler.resolve import FieldValue, ResolvedBlock
from inferc.dsl import Diagnostic

OF_NETWORKS = ("items", "images", "input_tokens", "steps")
"""Fields of a load."""

BATCHING = ("max_batch_size", "max_queue_delay")
"""The planner's fields of services of networks alone."""


def other_fields(block: ResolvedBlock, model: str) -> Iterator[Diagnostic]:
    """Yield what a service of a language model states that only networks have."""
    load, sla = block.child("load"), block.child("sla")
    stated: Mapping[str, FieldValue] = {} if load is None else load.fields
    tokens = {"input_tokens": "write `prompt_tokens` and `output_tokens`"}
    limits = "write `max_num_seqs` and `max_num_batched_tokens`"
    wrong = [(stated, name, tokens.get(name, f"leave `{name}` out")) for name in OF_NETWORKS]
    wrong += [(block.fields, name, limits) for name in BATCHING]
    for fields, name, instead in wrong:
        if name in fields:
            yield report.load_of_other_model(
                fields[name].span, service=block.name, model=model, name=name, instead=instead
            )
    for line in () if sla is None else sla.restrictions:
        if line.target == "latency":
            yield report.metric_of_other_model(
                line.span,
                service=block.name,
                model=model,
                metric="latency",
                network=False,
                known=("ttft", "itl", "e2e"),
            )
