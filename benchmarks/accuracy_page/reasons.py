"""What is known to be missing physically where predictions are worst.

Facts alone: what a source's own figures show. A slice without an entry takes that of the source
that most of its rows are of.
"""

from collections import Counter
from collections.abc import Sequence

from accuracy_page.cases import Case

SLOW_H100 = (
    "prompts run at 0.55 of the speed that all other sources show on H100 (209 TFLOP/s in bf16), "
    "while weights are read as fast as anywhere: a power limit or a slow host, which no data sheet "
    "says"
)
PYTHON_PROCESS = (
    "vLLM 0.7 samples and streams in the one Python process that takes requests: 0.08 ms a "
    "sequence and step on one host, 0.25 ms on another, and 5 to 25 ms before a first token; the "
    "hosts are not described. On cards of 24 GB the median is one of two values, 0.45 or 26 s, by "
    "whether half of the requests wait for KV memory"
)
SATURATED = (
    "submitters tune the rate to the edge of saturation, where 10 % of capacity moves the time per "
    "token fourfold; neither layout nor compute format is published"
)
NO_PEER_TO_PEER = (
    "the card has no peer-to-peer access: all-reduces pass the host's memory at about 1 GB/s"
)
QUEUE = (
    "everything is sent at once, so the first token waits in a queue of a thousand requests and "
    "has all of the error in throughput; how many run at once is not stated"
)
QWEN2_PENALTIES = (
    "with penalties on, vLLM 0.4 rebuilds them from all tokens on the host in each step: 6.5 ms a "
    "token at 30,000 tokens of context"
)
H20_BANDWIDTH = (
    "one page, which reads weights at 41 % of the card's 4.0 TB/s; Hopper elsewhere reaches about "
    "70 %, and the rows are not fitted to. Its 4-bit experts ran unfused, launch by launch"
)

REASONS: dict[tuple[str, ...], str] = {
    ("source", "AccelMark"): PYTHON_PROCESS,
    ("source", "MLPerf Inference v4.1"): SATURATED,
    ("load", "mlperf_server"): SATURATED,
    ("load", "burst"): QUEUE,
    ("source", "GPUStack Performance Lab: qwen3-32b/h100.md"): SLOW_H100,
    ("source", "GPUStack Performance Lab: qwen3-8b/h100-latency.md"): SLOW_H100,
    ("source", "GPUStack Performance Lab: qwen3-235b-a22b/h100.md"): SLOW_H100,
    ("source", "GPUStack Performance Lab: gpt-oss-120b/h100.md"): (
        "vLLM pads 2880 to 3072 for its Hopper kernels of MXFP4 and profiles the sampler with "
        "1,024 sequences: about 155 run at once, where memory alone would hold four times that"
    ),
    ("source", "GPUStack Performance Lab: gpt-oss-120b/a100.md"): (
        "MXFP4 through Marlin kernels on Ampere loses less than other 4-bit formats of that "
        "architecture, with which it shares a factor"
    ),
    ("source", "GPUStack reference: impact of quantization on vLLM"): QUEUE,
    ("source", "Qwen2 speed benchmark (QwenLM docs)"): QWEN2_PENALTIES,
    ("source", "Qwen3 speed benchmark (QwenLM docs)"): H20_BANDWIDTH,
    ("gpu", "h20_96gb"): H20_BANDWIDTH,
    ("source", "IOG-Foundation/llm-inference-benchmarks", "ttft"): (
        "the front end takes 5 to 10 ms here, less than elsewhere over HTTP"
    ),
    ("source", "IOG-Foundation/llm-inference-benchmarks", "tpot"): NO_PEER_TO_PEER,
    ("model", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "tpot"): (
        "one RTX 4090 reads the weights in about 3 ms; the rest is the time of a host that is not "
        "described"
    ),
    ("gpu", "rtx_4090d", "tpot"): (
        "reads its memory at about 0.9 of the data sheet, more than the architecture on average, "
        "and has a quicker host than the RTX 4090 of the same source"
    ),
    ("model", "llama-3.1-8b", "ttft"): (
        "TensorRT-LLM 1.0.0rc3 on 4 and 8 GPUs: prompts of 1,024 tokens wait up to 3.6 times as "
        "long as predicted and those of 4,096 do not: a wait of the engine's, which no "
        "setting of the source explains; where the table says that one request always waits, the "
        "rows are not scored"
    ),
    ("model", "qwen3-235b-a22b"): (
        "experts compute prompts at about 6 % of the FP8 peak (64 rows of a matrix each, unevenly "
        "spread), while reading them is better than for other models"
    ),
    ("engine", "deepspeed"): (
        "runs without warm-up: 0.45 to 0.9 s before the first token of each run; answers may end "
        "early"
    ),
    ("gpu", "mi250"): (
        "early software; at 64 sequences on one card a token of context costs five times what it "
        "does at 32"
    ),
    ("gpu", "l40s"): ("all-reduces over PCIe reach a third to a half of its nominal rate"),
    ("gpu", "a100_80gb_pcie"): (
        "all-reduces over PCIe reach a third to a half of its nominal rate"
    ),
    ("source", "Splitwise-sim perf_model (Microsoft/UW)"): (
        "a vLLM of 2023 without captured graphs: 0.4 to 0.6 ms of host time a layer and step, "
        "whatever the GPUs"
    ),
}
"""By the kind of a slice, its value and, where only one is concerned, the figure."""

UNEXPLAINED = "not explained"
LEAST = 0.25
"""Share of the rows of a slice from which a source speaks for it; together half of them."""


def reasons(by: str, value: str, metric: str, cases: Sequence[Case]) -> dict[str, int]:
    """Return what is known of a slice, and of how many of its rows; the closest entry alone."""
    found = _stated(by, value, metric)
    if found:
        return {found: len(cases)}
    if by == "source":
        return {}
    known: dict[str, int] = {}
    for source, rows in Counter(case.row.source for case in cases).most_common():
        found = _stated("source", source, metric)
        if found and rows >= LEAST * len(cases):
            known[found] = known.get(found, 0) + rows
    return known if 2 * sum(known.values()) >= len(cases) else {}


def _stated(by: str, value: str, metric: str) -> str:
    return REASONS.get((by, value, metric)) or REASONS.get((by, value), "")
