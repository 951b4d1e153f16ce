"""The coefficients of the performance model: what they are, and what holds where nobody fitted one.

They stand here, below the model that uses them, since blocks of a file may name them too: their
names, units and ranges are checked like those of any other field.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Coefficient(NamedTuple):
    """One number of the model that data sheets do not say."""

    name: str
    unit: str
    typical: float
    """What holds where nothing was fitted."""
    low: float
    high: float
    """Physics: nothing beyond these is ever used, however well it fits."""
    doc: str
    source: str


_FIT = "fit to published measurements, see the accuracy page"

FITTED: tuple[Coefficient, ...] = (
    Coefficient(
        "compute_efficiency",
        "1",
        0.75,
        0.2,
        0.95,
        "share of the dense 16-bit peak that the matrix products of a large step reach",
        _FIT,
    ),
    Coefficient(
        "narrow_efficiency",
        "1",
        0.85,
        0.3,
        1.0,
        "the same for products in 8 or 4 bits, relative to 16: scales and dequantisation",
        _FIT,
    ),
    Coefficient(
        "expert_efficiency",
        "1",
        0.6,
        0.1,
        1.0,
        "the same for grouped products of experts, relative to dense ones",
        _FIT,
    ),
    Coefficient(
        "attention_efficiency",
        "1",
        0.5,
        0.1,
        0.9,
        "share of the 16-bit peak that the attention of prompts reaches",
        "Dao, FlashAttention-2 (2023), figure 5: 190 of 312 TFLOP/s on A100; " + _FIT,
    ),
    Coefficient(
        "memory_efficiency",
        "1",
        0.8,
        0.3,
        0.97,
        "share of the memory bandwidth that reading weights reaches",
        _FIT,
    ),
    Coefficient(
        "kv_efficiency",
        "1",
        0.7,
        0.15,
        0.97,
        "share of the memory bandwidth that reading the KV cache reaches",
        _FIT,
    ),
    Coefficient(
        "half_tok",
        "tok",
        64.0,
        0.0,
        512.0,
        "tokens of a step at which its matrix products run at half their speed",
        _FIT,
    ),
    Coefficient(
        "expert_half_tok",
        "tok",
        64.0,
        0.0,
        512.0,
        "tokens of one expert at which its products run at half their speed",
        _FIT,
    ),
    Coefficient(
        "layer_overhead_s",
        "s",
        15e-6,
        0.0,
        300e-6,
        "gaps between the kernels of one layer",
        _FIT,
    ),
    Coefficient(
        "step_overhead_s",
        "s",
        1.5e-3,
        0.0,
        20e-3,
        "scheduler, input preparation and sampling of one step",
        _FIT,
    ),
    Coefficient(
        "host_layer_s",
        "s",
        0.2e-3,
        0.0,
        2e-3,
        "host time to launch one layer where no captured graph fits: prompts, eager mode",
        _FIT,
    ),
    Coefficient(
        "prompt_step_s",
        "s",
        2e-3,
        0.0,
        30e-3,
        "what a step with prompts costs on top: their input and their place in the cache",
        _FIT,
    ),
    Coefficient(
        "sequence_overhead_s",
        "s",
        10e-6,
        0.0,
        200e-6,
        "sampling, detokenisation and streaming of one sequence in a step",
        _FIT,
    ),
    Coefficient(
        "collective_overhead_s",
        "s",
        8e-6,
        0.0,
        100e-6,
        "launch and synchronisation of one collective, beside the link's latency",
        "vLLM pull request 2192 (custom all-reduce); " + _FIT,
    ),
    Coefficient(
        "frontend_s",
        "s",
        15e-3,
        0.0,
        0.3,
        "HTTP, chat template, first byte of the stream",
        _FIT,
    ),
    Coefficient(
        "frontend_tok_s",
        "s/tok",
        2e-6,
        0.0,
        50e-6,
        "tokenizer and input processing of one token of a prompt",
        _FIT,
    ),
)
"""Coefficients that a calibration may change, each with its physical range."""

STATED: tuple[Coefficient, ...] = (
    Coefficient(
        "link_efficiency",
        "1",
        0.75,
        0.1,
        1.0,
        "share of the link's bandwidth that a large all-reduce reaches",
        "nccl-tests: 8x A100 bus bandwidth 230 of 300 GB/s",
    ),
    Coefficient(
        "memory_share",
        "1",
        0.90,
        0.1,
        1.0,
        "share of an accelerator's memory that the engine may take",
        "vLLM engine arguments, `gpu_memory_utilization`",
    ),
    Coefficient(
        "runtime_bytes",
        "byte",
        1.5e9,
        0.0,
        2e10,
        "context, communication buffers, captured graphs on one accelerator",
        "vLLM start-up logs: graphs 0.77 GiB, non-torch 0.1 to 0.6 GiB",
    ),
    Coefficient(
        "kv_block_tok",
        "tok",
        16.0,
        1.0,
        1024.0,
        "the KV cache is handed out in blocks of this many tokens",
        "vLLM cache configuration, `block_size`",
    ),
    Coefficient(
        "max_num_seqs_limit",
        "1",
        1024.0,
        1.0,
        65536.0,
        "the most sequences in a step that the planner considers",
        "vLLM engine arguments",
    ),
    Coefficient(
        "max_num_batched_tokens_limit",
        "tok",
        8192.0,
        1.0,
        1048576.0,
        "the largest token budget of a step that the planner considers",
        "vLLM engine arguments; llama.cpp server `--batch-size`",
    ),
    Coefficient(
        "host_bus_bytes_per_s",
        "byte/s",
        31.5e9,
        1e9,
        1e12,
        "between accelerators of a node that no link joins: PCIe 4.0 x16, one direction",
        "PCI-SIG, PCI Express 4.0",
    ),
    Coefficient(
        "host_bus_latency_s",
        "s",
        10e-6,
        0.0,
        1e-3,
        "one message over that bus, through the CPU",
        "nccl-tests, PCIe systems",
    ),
    Coefficient(
        "load_bytes_per_s",
        "byte/s",
        1.5e9,
        1e6,
        1e12,
        "reading weights from the node's volume into memory",
        "estimate: one NVMe volume",
    ),
    Coefficient(
        "start_s",
        "s",
        60.0,
        0.0,
        3600.0,
        "from process start to the first answer without the weights",
        "estimate: vLLM start-up with compilation and graph capture",
    ),
)
"""Coefficients that sources state and no fit touches."""

COEFFICIENTS: Mapping[str, Coefficient] = {item.name: item for item in (*FITTED, *STATED)}
