"""Engine releases that this target can start: command, flags, what their images bring, as data.

A flag is only ever written if the release's own parser has it. The lists are read out of the
released packages, never from memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from inferc.compiler.model import Engine

VLLM_0_11_FLAGS: Final = """
additional-config allow-credentials allowed-headers allowed-local-media-path allowed-media-domains
allowed-methods allowed-origins api-key api-server-count async-scheduling block-size
calculate-kv-scales chat-template chat-template-content-format code-revision
collect-detailed-traces compilation-config config config-format convert cpu-offload-gb
cuda-graph-sizes data-parallel-address data-parallel-backend data-parallel-hybrid-lb
data-parallel-rank data-parallel-rpc-port data-parallel-size data-parallel-size-local
data-parallel-start-rank dbo-decode-token-threshold dbo-prefill-token-threshold
decode-context-parallel-size default-mm-loras disable-cascade-attn disable-chunked-mm-input
disable-custom-all-reduce disable-fastapi-docs disable-frontend-multiprocessing
disable-hybrid-kv-cache-manager disable-log-requests disable-log-stats
disable-mm-preprocessor-cache disable-sliding-window disable-uvicorn-access-log
distributed-executor-backend download-dir dtype enable-auto-tool-choice enable-chunked-prefill
enable-dbo enable-eplb enable-expert-parallel enable-force-include-usage enable-log-outputs
enable-log-requests enable-lora enable-lora-bias enable-multimodal-encoder-data-parallel
enable-prefix-caching enable-prompt-embeds enable-prompt-tokens-details enable-request-id-headers
enable-server-load-tracking enable-sleep-mode enable-ssl-refresh enable-tokenizer-info-endpoint
enforce-eager eplb-config eplb-log-balancedness eplb-step-interval eplb-window-size
exclude-tools-when-tool-choice-none expert-placement-strategy fully-sharded-loras
generation-config gpu-memory-utilization h11-max-header-count h11-max-incomplete-event-size
headless hf-config-path hf-overrides hf-token host ignore-patterns interleave-mm-strings
io-processor-plugin kv-cache-dtype kv-cache-memory-bytes kv-events-config
kv-sharing-fast-prefill kv-transfer-config limit-mm-per-prompt load-format log-config-file
log-error-stack logits-processor-pattern logits-processors logprobs-mode
long-prefill-token-threshold lora-dtype lora-extra-vocab-size lora-modules mamba-cache-dtype
mamba-ssm-cache-dtype max-cpu-loras max-log-len max-logprobs max-long-partial-prefills
max-lora-rank max-loras max-model-len max-num-batched-tokens max-num-partial-prefills
max-num-seqs max-parallel-loading-workers media-io-kwargs middleware mm-encoder-tp-mode
mm-processor-cache-gb mm-processor-cache-type mm-processor-kwargs
mm-shm-cache-max-object-size-mb model-impl model-loader-extra-config num-gpu-blocks-override
num-lookahead-slots num-redundant-experts otlp-traces-endpoint override-attention-dtype
override-generation-config override-pooler-config pipeline-parallel-size pooler-config port
prefix-caching-hash-algo pt-load-map-location quantization ray-workers-use-nsight
reasoning-parser response-role return-tokens-as-token-ids revision root-path rope-scaling
rope-theta runner safetensors-load-strategy scheduler-cls scheduling-policy seed
served-model-name show-hidden-metrics-for-version skip-mm-profiling skip-tokenizer-init
speculative-config ssl-ca-certs ssl-cert-reqs ssl-certfile ssl-keyfile structured-outputs-config
swap-space task tensor-parallel-size tokenizer tokenizer-mode tokenizer-revision
tool-call-parser tool-parser-plugin tool-server trust-remote-code trust-request-chat-template
uds use-tqdm-on-load uvicorn-log-level video-pruning-rate worker-cls worker-extension-cls
"""
"""Every flag of ``vllm serve``.

Source: the wheel vllm 0.11.0 on PyPI, ``vllm/engine/arg_utils.py`` and
``vllm/entrypoints/openai/cli_args.py``; without ``--model``, which ``serve`` refuses.
"""

VLLM_0_11_2_NEW: Final = """
aggregate-engine-logging all2all-backend cudagraph-capture-sizes data-parallel-external-lb
dcp-kv-cache-interleave-size disable-nccl-for-dp-synchronization ec-transfer-config
enable-mm-embeds kv-offloading-backend kv-offloading-size mamba-block-size master-addr
master-port max-cudagraph-capture-size mm-encoder-attn-backend nnodes node-rank
reasoning-parser-plugin stream-interval tokens-only
"""
VLLM_0_11_2_GONE: Final = "enable-lora-bias rope-scaling rope-theta"
"""What 0.11.2 has more and less than 0.11.0. Source: its wheel on PyPI, the same files."""

HF_DOWNLOAD_FLAGS: Final = frozenset(
    {"--cache-dir", "--exclude", "--force-download", "--include", "--local-dir", "--max-workers"}
    | {"--quiet", "--repo-type", "--revision", "--token"}
)
"""Every flag of ``hf download``.

Source: ``hf download --help`` of huggingface_hub 0.34.0 (the first with ``hf``) and 0.36.0, the
ends of what transformers 4.55 and later 4.x, which vLLM 0.11 needs, allow.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How one release of an engine is started."""

    command: tuple[str, ...]
    """The model's path is the first argument behind it."""
    flags: frozenset[str]
    drain_flag: str = ""
    """The flag for how many seconds running requests get after SIGTERM; empty where SIGTERM drops
    them, so that the pod must wait in its preStop hook instead."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    downloader: tuple[str, ...] = ()
    """The command inside the engine's image that fetches a repository."""
    downloader_flags: frozenset[str] = frozenset()
    image_vendors: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By repository of an image: whose accelerators it is built for."""


def _flags(text: str) -> frozenset[str]:
    return frozenset(f"--{word}" for word in text.split())


VLLM_0_11_0: Final = Release(
    command=("vllm", "serve"),
    flags=_flags(VLLM_0_11_FLAGS),
    environment={
        "VLLM_CACHE_ROOT": "/cache/vllm",
        "VLLM_NO_USAGE_STATS": "1",
        "TORCHINDUCTOR_CACHE_DIR": "/cache/inductor",
        "TRITON_CACHE_DIR": "/cache/triton",
    },
    downloader=("hf", "download"),
    downloader_flags=HF_DOWNLOAD_FLAGS,
    image_vendors={"vllm/vllm-openai": ("nvidia",)},
)

VLLM_0_11_2: Final = replace(
    VLLM_0_11_0, flags=VLLM_0_11_0.flags - _flags(VLLM_0_11_2_GONE) | _flags(VLLM_0_11_2_NEW)
)

RELEASES: Final[Mapping[tuple[str, str], Release]] = {
    ("vllm", "0.11.0"): VLLM_0_11_0,
    ("vllm", "0.11.2"): VLLM_0_11_2,
}
"""By engine and version."""


def engine_key(engine: Engine) -> str:
    """Return the last word of the engine's catalog path: ``vllm``."""
    return engine.id.rpartition(".")[2]


def release_of(engine: Engine) -> Release | None:
    """Return how ``engine`` is started; None for a release that nobody has looked at."""
    return RELEASES.get((engine_key(engine), engine.version.removeprefix("v")))


def known_releases(engine: Engine) -> tuple[str, ...]:
    """Return the versions of ``engine`` that can be started."""
    return tuple(version for name, version in RELEASES if name == engine_key(engine))
