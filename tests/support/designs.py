"""The two example cases as values, built by hand: what the front end must make of the files.

The phases behind the front end test against these, so that a mistake in parsing or in the catalog
does not hide behind one in planning, and the other way round.
"""

from collections.abc import Mapping
from dataclasses import replace

from inferc.compiler.model import (
    Accelerator,
    Cluster,
    Decision,
    Design,
    Engine,
    LanguageModel,
    Lengths,
    Link,
    Load,
    Objective,
    Place,
    Service,
)
from inferc.compiler.model.calibrated import calibrated_engine, calibrated_place, published
from inferc.compiler.problem import Case, Problem, Quantity, Unknown
from inferc.compiler.provenance import Confidence, Origin, Sourced, exactly
from inferc.dsl.source import SourceFile, Span

GIB = 1024.0**3

TEXT = SourceFile(
    "designs.infer",
    "rate  = 1000 req/min\nshape = spiky\np95 ttft <= 500ms\nprefer p95 itl <= 60ms\n"
    "gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm\nrate = 1M req/s\np95 ttft <= 10ms\n",
)
NOWHERE = Span(TEXT, 0, 0)

VLLM_COEFFICIENTS: Mapping[str, float] = {
    "link_efficiency": 0.75,
    "memory_share": 0.9,
    "runtime_bytes": 1500000000.0,
    "kv_block_tok": 16.0,
    "max_num_seqs_limit": 1024.0,
    "max_num_batched_tokens_limit": 8192.0,
    "host_bus_bytes_per_s": 31500000000.0,
    "host_bus_latency_s": 1e-05,
    "load_bytes_per_s": 1500000000.0,
    "start_s": 60.0,
}
"""What the catalog states of vLLM for the performance model; the rest is fitted."""

LLAMA_CPP_COEFFICIENTS: Mapping[str, float] = {
    "compute_efficiency": 0.6,
    "attention_efficiency": 0.6,
    "memory_efficiency": 0.7,
    "link_efficiency": 0.75,
    "collective_overhead_s": 5e-05,
    "layer_overhead_s": 1.5e-05,
    "step_overhead_s": 0.001,
    "sequence_overhead_s": 8e-06,
    "frontend_s": 0.01,
    "memory_share": 0.85,
    "runtime_bytes": 200000000.0,
    "kv_block_tok": 1.0,
    "max_num_seqs_limit": 64.0,
    "max_num_batched_tokens_limit": 2048.0,
    "host_bus_bytes_per_s": 31500000000.0,
    "host_bus_latency_s": 1e-05,
    "load_bytes_per_s": 100000000.0,
    "start_s": 5.0,
}
"""The same for llama.cpp."""


def span_of(text: str) -> Span:
    """Return the place of ``text`` in the made-up source text."""
    start = TEXT.text.index(text)
    return Span(TEXT, start, start + len(text))


def fact(value: float) -> Sourced[float]:
    """Return a catalog fact."""
    return exactly(value, Origin.CATALOG, source="test data", as_of="2026-11-21")


def given(value: float, text: str = "") -> Sourced[float]:
    """Return a number that the user wrote, at the place of ``text``."""
    return exactly(value, text=text, span=span_of(text) if text else NOWHERE)


def between(low: float, high: float, typical: float, text: str) -> Sourced[float]:
    """Return a number that nobody stated."""
    return Sourced(
        value=typical,
        low=low,
        high=high,
        origin=Origin.DEFAULTED,
        text=text,
        source="test data",
        as_of="2026-11-21",
        confidence=Confidence.LOW,
    )


def link(name: str, title: str, bandwidth_bytes_per_s: float, latency_s: float) -> Link:
    """Return a fabric."""
    return Link(
        id=f"link.{name}",
        title=title,
        bandwidth_bytes_per_s=fact(bandwidth_bytes_per_s),
        latency_s=fact(latency_s),
    )


NVLINK_3 = link("nvlink_3", "NVLink 3", 300e9, 0.6e-6)
ETHERNET_1G = link("ethernet_1g", "Ethernet 1 Gbit/s", 0.125e9, 14e-6)
NETWORK = link("unstated", "Ethernet 25 Gbit/s", 3.125e9, 14e-6)

A100_80GB_SXM = Accelerator(
    id="gpu.nvidia.a100_80gb_sxm",
    kind="gpu",
    title="NVIDIA A100 80GB SXM",
    vendor="nvidia",
    architecture="Ampere",
    memory_bytes=fact(80 * GIB),
    bandwidth_bytes_per_s=fact(2039e9),
    flop_per_s={
        "fp32": fact(19.5e12),
        "fp16": fact(312e12),
        "bf16": fact(312e12),
        "int8": fact(624e12),
        "int4": fact(1248e12),
    },
    link=NVLINK_3,
    link_domain=8,
    network=None,
    product_label="NVIDIA-A100-SXM4-80GB",
    power_w=fact(400.0),
    span=None,
)

RASPBERRY_PI_4B_4GB = Accelerator(
    id="board.raspberry_pi_4b_4gb",
    kind="board",
    title="Raspberry Pi 4 Model B 4GB",
    vendor="broadcom",
    architecture="Cortex-A72",
    memory_bytes=fact(4 * GIB),
    bandwidth_bytes_per_s=fact(12.8e9),
    flop_per_s={"fp32": fact(57.6e9)},
    link=None,
    link_domain=1,
    network=ETHERNET_1G,
    product_label="",
    power_w=fact(15.0),
    span=None,
)

LLAMA_3_70B = LanguageModel(
    id="models.meta.llama_3_70b_instruct",
    title="Llama 3 70B Instruct",
    repository="meta-llama/Meta-Llama-3-70B-Instruct",
    revision="7129260dd854a80eb10ace5f61c20324b472b31c",
    parameters=fact(70_553_706_496.0),
    layers=80,
    hidden=8192,
    intermediate=28672,
    heads=64,
    kv_heads=8,
    head_dim=128,
    vocabulary=128256,
    experts=0,
    experts_per_token=0,
    tied_embeddings=False,
    context=8192,
    published="bf16",
    span=None,
)

TINYLLAMA_1_1B = LanguageModel(
    id="models.tinyllama_1_1b_chat",
    title="TinyLlama 1.1B Chat v1.0",
    repository="TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    revision="fe8a4ea1ffedaf415f4da2f062534de366a451e6",
    parameters=fact(1_100_048_384.0),
    layers=22,
    hidden=2048,
    intermediate=5632,
    heads=32,
    kv_heads=4,
    head_dim=64,
    vocabulary=32000,
    experts=0,
    experts_per_token=0,
    tied_embeddings=False,
    context=2048,
    published="bf16",
    span=None,
)


def vllm(coefficients: Mapping[str, float] = VLLM_COEFFICIENTS) -> Engine:
    """Return vLLM."""
    return Engine(
        id="engine.vllm",
        title="vLLM",
        version="0.11.2",
        image="vllm/vllm-openai:v0.11.2",
        devices=("gpu",),
        vendors=("nvidia",),
        precisions=("fp16", "bf16", "fp8", "int8", "w8a16", "int4", "nvfp4", "mxfp4"),
        tensor_parallel=True,
        pipeline_parallel=True,
        coefficients={name: fact(value) for name, value in coefficients.items()},
        flags={
            "model": "--model",
            "served_model_name": "--served-model-name",
            "port": "--port",
            "dtype": "--dtype",
            "quantization": "--quantization",
            "tensor_parallel": "--tensor-parallel-size",
            "pipeline_parallel": "--pipeline-parallel-size",
            "max_num_seqs": "--max-num-seqs",
            "max_num_batched_tokens": "--max-num-batched-tokens",
            "max_model_len": "--max-model-len",
            "gpu_memory_utilization": "--gpu-memory-utilization",
            "kv_cache_dtype": "--kv-cache-dtype",
            "data_parallel": "--data-parallel-size",
            "expert_parallel": "--enable-expert-parallel",
            "chunked_prefill": "--enable-chunked-prefill",
            "no_chunked_prefill": "--no-enable-chunked-prefill",
            "prefix_caching": "--enable-prefix-caching",
            "no_prefix_caching": "--no-enable-prefix-caching",
            "speculation": "--speculative-config",
            "eager": "--enforce-eager",
        },
        metrics={
            "waiting": "vllm:num_requests_waiting",
            "running": "vllm:num_requests_running",
            "kv_usage": "vllm:kv_cache_usage_perc",
            "ttft": "vllm:time_to_first_token_seconds",
            "tpot": "vllm:request_time_per_output_token_seconds",
            "itl": "vllm:inter_token_latency_seconds",
            "requests": "vllm:request_success_total",
        },
        port=8000,
        health_path="/health",
        ready_path="/health",
        span=None,
    )


def llama_cpp(coefficients: Mapping[str, float] = LLAMA_CPP_COEFFICIENTS) -> Engine:
    """Return llama.cpp's server."""
    return Engine(
        id="engine.llama_cpp",
        title="llama.cpp",
        version="b10290",
        image="ghcr.io/ggml-org/llama.cpp:server-b10290",
        devices=("board", "cpu"),
        vendors=(),
        precisions=("fp16", "bf16", "int8", "int4"),
        tensor_parallel=False,
        pipeline_parallel=False,
        coefficients={name: fact(value) for name, value in coefficients.items()},
        flags={
            "model": "--model",
            "served_model_name": "--alias",
            "port": "--port",
            "max_num_seqs": "--parallel",
            "max_num_batched_tokens": "--batch-size",
            "max_model_len": "--ctx-size",
            "kv_cache_dtype": "--cache-type-k",
            "micro_batch": "--ubatch-size",
            "no_prefix_caching": "--no-cache-prompt",
            "speculation": "--model-draft",
        },
        metrics={
            "waiting": "llamacpp:requests_deferred",
            "running": "llamacpp:requests_processing",
        },
        port=8080,
        health_path="/health",
        ready_path="/health",
        span=None,
    )


def a100_node(nodes: float = 1.0, per_node: int = 8) -> Place:
    """Return a Kubernetes pool of nodes with A100 80GB."""
    return Place(
        path="dc1.gpu",
        cluster=Cluster(name="dc1", platform="kubernetes", namespace="", settings={}, span=NOWHERE),
        accelerator=A100_80GB_SXM,
        per_node=per_node,
        nodes=given(nodes, "8 * cat.gpu.nvidia.a100_80gb_sxm"),
        network=NETWORK,
        price_usd_per_s=None,
        span=span_of("gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm"),
    )


def raspberry_pi() -> Place:
    """Return one Raspberry Pi."""
    return Place(
        path="pi",
        cluster=None,
        accelerator=RASPBERRY_PI_4B_4GB,
        per_node=1,
        nodes=given(1.0),
        network=ETHERNET_1G,
        price_usd_per_s=None,
        span=NOWHERE,
    )


def chat_lengths() -> tuple[Lengths, Lengths]:
    """Return prompt and output lengths of chat that nobody stated."""
    prompt = Lengths(
        mean_tok=between(20.0, 2048.0, 200.0, "200 tok"),
        p95_over_mean=between(1.0, 3.5, 3.5, "3.5"),
    )
    output = Lengths(
        mean_tok=between(28.0, 441.0, 110.0, "110 tok"), p95_over_mean=between(1.0, 2.5, 2.5, "2.5")
    )
    return prompt, output


def objective(metric: str, limit_s: float, text: str, *, hard: bool = True) -> Objective:
    """Return ``p95 metric <= limit``."""
    return Objective(
        metric=metric,
        percentile=0.95,
        operator="<=",
        limit=given(limit_s, text),
        hard=hard,
        span=span_of(text),
    )


def support_chat(decisions: tuple[Decision, ...] = ()) -> Design:
    """Return Llama 3 70B at 1000 requests a minute, spiky, on one node of eight A100 80GB."""
    prompt, output = chat_lengths()
    service = Service(
        name="chat",
        model=LLAMA_3_70B,
        model_name="llama",
        place=a100_node(),
        api="openai_chat",
        load=Load(
            rate_per_s=given(1000 / 60, "1000 req/min"),
            peak=between(1.5, 4.2, 2.0, "2x"),
            shape="spiky",
            prompt=prompt,
            output=output,
        ),
        objectives=(
            objective("ttft", 0.5, "p95 ttft <= 500ms"),
            objective("itl", 0.06, "prefer p95 itl <= 60ms", hard=False),
        ),
        decisions=(fixed_precision("fp16"), *decisions),
        engines=(vllm(),),
        span=NOWHERE,
    )
    return Design(
        name="support_chat",
        doc="Support chat on our own cluster.",
        services=(service,),
        emissions=(),
        span=NOWHERE,
    )


def impossible_pi(model: LanguageModel = LLAMA_3_70B) -> Design:
    """Return a model at a million requests a second on a Raspberry Pi."""
    prompt, output = chat_lengths()
    service = Service(
        name="chat",
        model=model,
        model_name="llama",
        place=raspberry_pi(),
        api="openai_chat",
        load=Load(
            rate_per_s=given(1e6, "1M req/s"),
            peak=between(1.0, 4.2, 1.5, "1.5x"),
            shape="",
            prompt=prompt,
            output=output,
        ),
        objectives=(objective("ttft", 0.01, "p95 ttft <= 10ms"),),
        decisions=(fixed_precision("fp16"),),
        engines=(llama_cpp(),),
        span=NOWHERE,
    )
    return Design(name="wishful", doc="", services=(service,), emissions=(), span=NOWHERE)


def fixed_precision(precision: str) -> Decision:
    """Return ``precision = …`` of a model block, as the planner sees it."""
    return Decision(
        field="precision",
        operator="=",
        values=(precision,),
        is_range=False,
        because="",
        span=NOWHERE,
    )


def calibrated(service: Service) -> Service:
    """Return ``service`` with the figures of the fit that is shipped."""
    fit = published()
    return replace(
        service,
        place=calibrated_place(service.place, fit),
        engines=tuple(calibrated_engine(engine, fit) for engine in service.engines),
    )


def problem_of(service: Service) -> Problem:
    """Return the serving problem of ``service``, spelled out by hand."""
    service = calibrated(service)
    load = service.load
    numbers = (
        ("load.rate", Quantity.RATE, load.rate_per_s, "req/s"),
        ("load.peak", Quantity.PEAK, load.peak, "x"),
        ("load.prompt_tokens", Quantity.PROMPT, load.prompt.mean_tok, "tok"),
        ("load.output_tokens", Quantity.OUTPUT, load.output.mean_tok, "tok"),
    )
    unknowns = tuple(
        Unknown(
            path=f"{service.name}.{path}",
            quantity=quantity,
            typical=number.value,
            low=number.low,
            high=number.high,
            unit=unit,
            origin=number.origin,
            confidence=number.confidence,
            because=number.because,
            source=number.source,
            span=number.span,
        )
        for path, quantity, number, unit in numbers
        if number.low < number.high
    )
    case = Case(
        service=service.name,
        model=service.model,
        place=service.place,
        engines=service.engines,
        rate_per_s=load.rate_per_s.value,
        peak=load.peak.value,
        prompt_mean_tok=load.prompt.mean_tok.value,
        prompt_p95_over_mean=load.prompt.p95_over_mean.value,
        output_mean_tok=load.output.mean_tok.value,
        output_p95_over_mean=load.output.p95_over_mean.value,
        objectives=service.objectives,
        decisions=service.decisions,
        draft=service.draft,
        acceptance=service.acceptance.value if service.acceptance else None,
    )
    return Problem(service=service, case=case, unknowns=unknowns)


def support_chat_problem() -> Problem:
    """Return the problem of :func:`support_chat`."""
    return problem_of(support_chat().services[0])


def impossible_pi_problem(model: LanguageModel = LLAMA_3_70B) -> Problem:
    """Return the problem of :func:`impossible_pi`."""
    return problem_of(impossible_pi(model).services[0])
