"""Descriptions in plain words, and the lines of the files that they are read into."""

import re

from inferc.compiler.words import Words, build

MODEL = "Llama 3.1 8B"
WORKLOAD = "10 requests per second"
HARDWARE = "8x H100 80GB SXM"

LLAMA = "Llama-3 70B for text generation, FP16 precision."
SPIKY = "1000 requests per minute, highly spiky, 500ms time-to-first-token SLA."
ON_PREMISES = "On-premise Kubernetes cluster with 8x NVIDIA A100 80GB GPUs total."
IMPOSSIBLE = "1,000,000 requests per second, 10ms time-to-first-token SLA."
BOARD = "Single Raspberry Pi with 4GB RAM."
QUANTISED = "Llama-3-70B instruct, INT8 AWQ quantization, 8K context window."
CHAT = (
    "High concurrency chat application, average input 500 tokens, average output 1500 tokens. "
    "Needs high token generation throughput."
)
SWITCHED = "8x H100 80GB SXM5 nodes connected via NVSwitch."
MIXTRAL = "Mixtral 8x22B MoE, FP16 precision, 32K context window."
BATCH = (
    "Batch processing pipeline, massive input payloads up to 20K tokens, "
    "variable output 50-200 tokens. Needs maximum total throughput."
)
CARDS = "A100 80GB PCIe nodes, standard 100GbE networking, no NVLink between nodes."

INPUTS = {
    "spiky": (LLAMA, SPIKY, ON_PREMISES),
    "impossible": (LLAMA, IMPOSSIBLE, BOARD),
    "chat": (QUANTISED, CHAT, SWITCHED),
    "batch": (MIXTRAL, BATCH, CARDS),
}
"""The four descriptions that the product was asked for with."""


def read(model: str = MODEL, workload: str = WORKLOAD, hardware: str = HARDWARE) -> Words:
    """Return what descriptions come to; those that are left out say something plain."""
    return build(model, workload, hardware)


def statements(text: str) -> list[str]:
    """Return the lines of a file, each on one line and without its reason."""
    whole = re.sub(r"(?<=[(,])\s*\n\s*", " ", text)
    whole = re.sub(r",\s*\n\s*\)", ")", whole)
    whole = re.sub(r"\n\s+(?=because )", " ", whole)
    lines = (re.sub(r"\s+", " ", line).strip() for line in whole.splitlines())
    return [re.sub(r" because .*", "", line).replace("( ", "(") for line in lines if line]


def reasons(text: str) -> list[str]:
    """Return what stands behind ``because``."""
    return re.findall(r'because "((?:[^"\\]|\\.)*)"', text)


def codes(words: Words) -> list[str]:
    """Return the codes of the diagnostics."""
    return [item.code for item in words.diagnostics]
