"""Decisions that engines spell each in their own way: groups, experts, cache, guesses.

A decision that is not the engine's default is either spelled here or refused: dropped, the engine
would run as something else than was planned.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from inferc.compiler.plan import Configuration
from inferc.targets.kubernetes.objects.releases import release_of, splitting_releases
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.ways import ways_of

Value: TypeAlias = str | None
"""Of a flag; None for one that stands alone."""

ALONE: Value = None

SIXTEEN_BIT = frozenset({"fp16", "bf16"})

KV_NAMES = {
    "vllm": {"fp8": "fp8"},
    "sglang": {"fp8": "fp8_e4m3"},
}
"""Narrower formats of the KV cache, as engines call them. Source: vLLM 0.11.2, ``CacheDType``;
SGLang 0.5.5, ``--kv-cache-dtype``."""

NOT_IN_FP16 = re.compile(r"/gemma-[23]-|/glm-4-|/plamo-2-", re.IGNORECASE | re.ASCII)
"""Repositories of models that vLLM does not start in fp16, since their numbers overflow in it.

Source: vLLM, ``vllm/config/model.py``: gemma2, gemma3, glm4 and plamo2 by type of model.
"""

LOOKED_AT = 4
"""Words of the context that an n-gram is matched by at most. Source: vLLM's guide to speculative
decoding."""


class Unspelled(NamedTuple):
    """A decision that the engine's command line of this target cannot express."""

    field: str
    value: str
    why: str


def groups_of(serving: Serving) -> int:
    """Return into how many engines a replica of vLLM is divided, each with limits of its own."""
    return (
        serving.plan.configuration.attention_data_parallel if serving.engine.name == "vllm" else 1
    )


def spelled(serving: Serving) -> Iterator[tuple[str, Value]]:
    """Yield the names of planned values with their values: what differs from engine to engine."""
    shape, engine = serving.plan.configuration, serving.engine.name
    groups = shape.attention_data_parallel
    if groups > 1:
        yield "data_parallel", str(groups)
        if engine == "sglang":
            yield "attention_data_parallel", ALONE
    if shape.expert_parallel > 1:
        yield "expert_parallel", ALONE if engine == "vllm" else str(shape.expert_parallel)
    if shape.kv_precision in KV_NAMES.get(engine, {}):
        yield "kv_cache_dtype", KV_NAMES[engine][shape.kv_precision]
    if shape.speculation is not None:
        yield from _guesses(shape, engine)


def _guesses(shape: Configuration, engine: str) -> Iterator[tuple[str, Value]]:
    """Yield how guessed tokens are asked for."""
    speculation = shape.speculation
    if speculation is None:
        return
    if engine == "vllm":
        config: dict[str, str | int] = {
            "method": speculation.kind,
            "num_speculative_tokens": speculation.tokens,
        }
        if speculation.kind == "ngram":
            config["prompt_lookup_max"] = LOOKED_AT
        yield "speculation", json.dumps(config, separators=(",", ":"))
        return
    if speculation.kind == "ngram":
        yield "speculation", "NGRAM"
    else:  # the modules for multi-token prediction are an EAGLE head that the checkpoint brings
        yield "speculation", "EAGLE"
        yield "speculative_num_steps", str(speculation.tokens)
        yield "speculative_eagle_topk", "1"
    yield "speculative_num_draft_tokens", str(speculation.tokens + 1)


def unspelled(serving: Serving) -> Iterator[Unspelled]:
    """Yield the decisions that this target cannot hand to the engine."""
    shape, engine = serving.plan.configuration, serving.engine.name
    if shape.prefill is not None:
        release = release_of(serving.engine)
        if release is None or not release.splits:
            able = ", ".join(splitting_releases()) or "none"
            why = f"its image has nothing that moves the KV cache; releases that have it: {able}"
            yield Unspelled("serving", "disaggregated", why)
    if serving.is_group and groups_of(serving) > 1:
        why = "this target starts them on one node only, and a replica takes several"
        yield Unspelled("attention_data_parallel", str(shape.attention_data_parallel), why)
    asked = {item.field for item in serving.plan.service.decisions}
    yield from _not_started(serving)
    if shape.kv_precision in SIXTEEN_BIT:
        other = shape.precision in SIXTEEN_BIT and shape.kv_precision != shape.precision
        if other and "kv_precision" in asked:
            why = f"the engine keeps the cache as it computes, in {shape.precision}"
            yield Unspelled("kv_precision", shape.kv_precision, why)
    elif shape.kv_precision not in KV_NAMES.get(engine, {}):
        yield Unspelled("kv_precision", shape.kv_precision, "no flag of the engine is known for it")
    experts, all_of_it = shape.expert_parallel, shape.tensor_parallel
    if experts not in {1, all_of_it} and engine == "vllm":
        why = f"the engine deals experts out over all {all_of_it} accelerators, or over none"
        yield Unspelled("expert_parallel", str(experts), why)
    if shape.speculation is not None and shape.speculation.kind in {"draft", "eagle"}:
        why = "the weights of the one that guesses are not fetched by this target"
        yield Unspelled("speculation", shape.speculation.kind, why)
    if "routing" in asked and shape.routing != "round_robin" and not _is_routed(serving):
        # What the planner chooses by itself is advice: the plan's figures hold for any.
        why = "a Service deals out connections without looking at the replicas; a gateway may"
        yield Unspelled("routing", shape.routing, why)


def _not_started(serving: Serving) -> Iterator[Unspelled]:
    """Yield the precision in which vLLM does not start a model, or on an accelerator."""
    if not serving.engine.name.startswith("vllm"):
        return
    planned, accelerator = serving.plan.configuration.precision, serving.place.accelerator
    if planned == "fp16" and NOT_IN_FP16.search(serving.repository):
        why = "it does not start this model in fp16, in which its numbers overflow"
        yield Unspelled("precision", planned, why)
    if planned == "bf16" and planned not in accelerator.flop_per_s:
        why = f"it does not start in bf16 on {accelerator.title}, which does not compute in it"
        yield Unspelled("precision", planned, why)


def _is_routed(serving: Serving) -> bool:
    """Return whether every request comes by a gateway that deals out as the file asks."""
    ways = ways_of(serving.topology, (serving,))
    return bool(ways) and all(way.is_picked for way in ways)
