"""Design files of many services: for measurements of how planning grows, and one to look at."""

from collections.abc import Iterator
from typing import NamedTuple

HEAD = "infer 1\nimport std.catalog as cat\n"


class Offer(NamedTuple):
    """A model as it is offered, with the load of one service."""

    name: str
    model: str
    precision: str
    rate_per_min: int
    prompt_tok: int
    output_tok: int
    ttft_ms: int
    tpot_ms: int


OFFERS = (
    Offer("chat", "meta.llama_3_1_8b_instruct", "bf16", 240, 300, 150, 500, 50),
    Offer("draft", "mistral.mistral_7b_instruct_v0_3", "bf16", 120, 500, 200, 800, 50),
    Offer("search", "qwen.qwen2_5_7b_instruct", "bf16", 300, 1200, 120, 1000, 60),
    Offer("summary", "mistral.mistral_nemo_12b_instruct", "bf16", 60, 2000, 250, 2000, 60),
    Offer("code", "qwen.qwen2_5_coder_32b_instruct", "bf16", 60, 800, 250, 1500, 60),
    Offer("mail", "google.gemma_2_9b_it", "bf16", 120, 400, 200, 800, 60),
    Offer("triage", "meta.llama_3_2_3b_instruct", "bf16", 600, 250, 30, 300, 40),
    Offer("tutor", "microsoft.phi_4", "bf16", 90, 600, 250, 1000, 60),
    Offer("legal", "meta.llama_3_3_70b_instruct", "bf16", 30, 1500, 300, 3000, 80),
    Offer("voice", "meta.llama_3_2_1b_instruct", "bf16", 600, 150, 60, 250, 30),
)

UNKNOWN_FROM = 3
"""The turn from which nobody knows the peak of a service."""

A_FLEET = 40
"""Services of the fleet to look at."""


def fleet() -> str:
    """Return forty services on three pools; of ten of them nobody knows the peak yet."""
    lines = [
        HEAD,
        "/// Forty services of one company on three pools, which they share.",
        "topology fleet {",
        *_models(),
        "  cluster dc {",
        "    platform = kubernetes",
        "",
        *_pool("old", 3, "8 * cat.gpu.nvidia.a100_40gb_sxm"),
        *_pool("main", 4, "8 * cat.gpu.nvidia.a100_80gb_sxm"),
        *_pool("fast", 3, "8 * cat.gpu.nvidia.h100_80gb_sxm"),
        "  }",
    ]
    for at in range(A_FLEET):
        offer = OFFERS[at % len(OFFERS)]
        turn = at // len(OFFERS)
        pool = "fast" if offer.name in {"legal", "code"} else ("old", "main")[at % 2]
        known = turn < UNKNOWN_FROM
        name, part = f"{offer.name}_{turn + 1}", (turn + 2) / 4
        lines += _service(name, offer, f"dc.{pool}", part, known=known)
    return "\n".join([*lines, "}", ""])


def grown(count: int) -> str:
    """Return so many services, of which one in four has a pool to itself and three share one.

    A hundred kinds of load come again and again, as they do where teams start from a template.
    """
    lines = [HEAD, "topology grown {", *_models(), "  cluster dc {", "    platform = kubernetes"]
    for at in range(0, count, 4):
        lines += _pool(f"own_{at}", 1, "8 * cat.gpu.nvidia.a100_80gb_sxm")
        lines += _pool(f"shared_{at}", 2, "8 * cat.gpu.nvidia.h100_80gb_sxm")
    lines.append("  }")
    for at in range(count):
        offer = OFFERS[at % len(OFFERS)]
        pool = f"dc.{'own' if at % 4 == 0 else 'shared'}_{at - at % 4}"
        lines += _service(f"s{at}", offer, pool, 0.5 + at // len(OFFERS) % 10 / 10)
    return "\n".join([*lines, "}", ""])


def _models() -> Iterator[str]:
    for offer in OFFERS:
        yield f"  model {offer.name}_model {{"
        yield f"    source    = cat.models.{offer.model}"
        yield f"    precision = {offer.precision}"
        yield "  }"
        yield ""


def _pool(name: str, nodes: int, gpus: str) -> Iterator[str]:
    yield f"    pool {name} {{"
    yield f"      nodes = {nodes}"
    yield f"      gpu   = {gpus}"
    yield "    }"


def _service(
    name: str, offer: Offer, place: str, part: float, *, known: bool = True
) -> Iterator[str]:
    """Yield a service with that part of the usual load; unless ``known``, nobody said its peak."""
    yield ""
    yield f"  service {name} {{"
    yield f"    model = {offer.name}_model"
    yield f"    on    = {place}"
    yield "    api   = openai_chat"
    yield "    load {"
    yield f"      rate          = {offer.rate_per_min * part:g} req/min"
    if known:
        yield "      peak          = 2x"
    yield f"      prompt_tokens = dist(mean = {offer.prompt_tok}, p95 = {offer.prompt_tok * 3})"
    yield f"      output_tokens = dist(mean = {offer.output_tok}, p95 = {offer.output_tok * 3})"
    yield "    }"
    yield "    sla {"
    yield f"      p95 ttft <= {offer.ttft_ms}ms"
    yield f"      prefer p95 tpot <= {offer.tpot_ms}ms"
    yield "    }"
    yield "  }"
