"""What a replica needs beside its accelerators: time to load, disk, memory of the host."""

from collections.abc import Mapping
from typing import NamedTuple

from inferc.compiler.model import LanguageModel
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.formats import WIDE_BYTES


class Storage(NamedTuple):
    """Where weights are read from."""

    bytes_per_s: float
    """By one node, with an engine's default loader."""
    doc: str
    source: str


STORAGE: Mapping[str, Storage] = {
    "object_store": Storage(
        2.7e9,
        "an object store in the same data centre, copied to the node's disk first",
        "124.96 GiB in 47 s and another 3.5 s from there: "
        "https://github.com/marin-community/marin/issues/7136",
    ),
    "network_volume": Storage(
        0.31e9,
        "a network volume of a cloud (AWS gp3 at 1 GiB/s), read tensor by tensor",
        "Llama 3 8B, 15 GB in 48 s: "
        "https://run.ai/blog/run-ai-model-streamer-performance-benchmarks",
    ),
    "nvme": Storage(
        1.7e9,
        "an NVMe disk of the node, read tensor by tensor",
        "Llama 2 7B in 7.3 s and 13B in 16.0 s: https://github.com/vllm-project/vllm/pull/10647",
    ),
    "nvme_direct": Storage(
        3.7e9,
        "the same disk, read straight into the accelerator (fastsafetensors)",
        "Llama 2 7B in 3.7 s and 13B in 6.9 s: https://github.com/vllm-project/vllm/pull/10647",
    ),
}
"""Published loads, by tier."""

DISK_HEADROOM = 1.2
"""Of a volume over the weights: tokenizer, partial files, the file system's own.

Estimate."""

SHARED_BYTES_PER_WORKER = 2.147483648e9
"""Shared memory of one worker process, 2 GiB: the Deployment in vLLM's Kubernetes guide."""

HOST_BYTES = 8.589934592e9
"""Memory of the API server with its engine core, 8 GiB, and the same again for each worker process.
With the shared memory 18 GiB for one accelerator: vLLM's Kubernetes guide asks for 20 GB."""


def load_s(model_bytes: float, storage: str, *, start_s: float = 0.0) -> float:
    """Return the time from the start of a process to weights in the accelerators' memory.

    Each node reads all of the files once, whatever the shards: a second accelerator saves a tenth
    (the source of ``nvme``: 16.0 s, 14.4 s). ``start_s`` is the engine's own time.

    Source: :data:`STORAGE`.
    """
    return start_s + model_bytes / STORAGE[storage].bytes_per_s


def disk_bytes(model: LanguageModel, precision: str) -> float:
    """Return the size of a volume that holds the files of ``model``.

    A format that an engine makes while it loads is made from the 16-bit files: the larger counts.
    """
    published = max(weights_bytes(model, precision), _published_bytes(model))
    return DISK_HEADROOM * published


def _published_bytes(model: LanguageModel) -> float:
    if model.published:
        return weights_bytes(model, model.published)
    return WIDE_BYTES * model.parameters.value


def host_memory_bytes(accelerators: int) -> float:
    """Return the memory that the processes on a node need for ``accelerators``.

    The weights need no room: their pages are cache that the kernel takes back.

    Source: :data:`HOST_BYTES`, :data:`SHARED_BYTES_PER_WORKER`.
    """
    return HOST_BYTES * (1 + accelerators) + shared_memory_bytes(accelerators)


def shared_memory_bytes(accelerators: int) -> float:
    """Return the shared memory through which the workers of a node exchange messages.

    Source: :data:`SHARED_BYTES_PER_WORKER`.
    """
    return SHARED_BYTES_PER_WORKER * accelerators
