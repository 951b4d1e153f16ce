"""Engine releases that this target can start: command, flags, what their images bring, as data.

A flag is only ever written if the release's own parser has it. The lists are read out of the
released packages, never from memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from inferc.compiler.model import Engine
from inferc.targets.kubernetes.objects import engine_flags

HF_DOWNLOAD_FLAGS: Final = frozenset(
    {"--cache-dir", "--exclude", "--force-download", "--include", "--local-dir", "--max-workers"}
    | {"--quiet", "--repo-type", "--revision", "--token"}
)
"""Flags that ``hf download`` has in every release that these engines may bring along.

Source: ``hf download --help`` of huggingface_hub 0.34.0 and 0.36.0, the ends of what vLLM 0.11
allows by way of transformers 4.56, and of 1.33.0 and 2.4.0, which vLLM 0.33 allows. The older read
one ``--exclude`` with many patterns, the newer many with one: so there is one with one.
"""


class Group(NamedTuple):
    """How one engine is started on several nodes at once."""

    size_flag: str
    rank_flag: str
    address_flag: str
    """Where the first one listens for the others."""
    port: str = ""
    """Behind that address, where the flag wants both."""
    worker: tuple[str, ...] = ()
    """Arguments of all but the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How one release of an engine is started."""

    command: tuple[str, ...]
    model_flag: str = ""
    """The flag for the model's path; empty where the path is the first argument of the command."""
    always: tuple[str, ...] = ()
    """Arguments of every start: what it takes to be reached and measured from outside."""
    flags: frozenset[str]
    drain_flag: str = ""
    """The flag for how many seconds running requests get after SIGTERM; empty where SIGTERM drops
    them, so that the pod must wait in its preStop hook instead."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    splits: bool = False
    """Whether some replicas can compute prompts for others: its image has what moves the cache."""
    group: Group | None = None
    """How a replica is started on several nodes; None where it cannot be."""
    downloader: tuple[str, ...] = ()
    """The command inside the engine's image that fetches a repository."""
    downloader_flags: frozenset[str] = frozenset()
    image_vendors: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By repository of an image: whose accelerators it is built for."""


def _flags(text: str) -> frozenset[str]:
    return frozenset(f"--{word}" for word in text.split())


VLLM_0_11_0: Final = Release(
    command=("vllm", "serve"),
    flags=_flags(engine_flags.VLLM_0_11_FLAGS),
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

VLLM_GROUP: Final = Group("--nnodes", "--node-rank", "--master-addr", worker=("--headless",))
"""Source: vLLM 0.11.2, ``run_headless`` in ``entrypoints/cli/serve.py``. The address must not be a
name on the first node, where ``MessageQueue`` binds to it."""

SGLANG_GROUP: Final = Group("--nnodes", "--node-rank", "--dist-init-addr", port=":20000")
"""Source: SGLang 0.5.5, ``server_args.py``; any free port."""

VLLM_0_11_2: Final = replace(
    VLLM_0_11_0,
    group=VLLM_GROUP,
    flags=VLLM_0_11_0.flags - _flags(engine_flags.VLLM_0_11_2_GONE)
    | _flags(engine_flags.VLLM_0_11_2_NEW),
)

VLLM_0_33_0: Final = replace(
    VLLM_0_11_0,
    group=VLLM_GROUP,
    flags=_flags(engine_flags.VLLM_0_33_FLAGS),
    drain_flag="--shutdown-timeout",
    splits=True,  # the images bring NIXL since 0.14; llm-d's guide runs 0.23 so
)

SGLANG_0_5_5: Final = Release(
    command=("python3", "-m", "sglang.launch_server"),
    model_flag="--model-path",
    always=("--host=0.0.0.0", "--enable-metrics"),
    group=SGLANG_GROUP,
    flags=_flags(engine_flags.SGLANG_0_5_5_FLAGS),
    environment={
        "TORCHINDUCTOR_CACHE_DIR": "/cache/inductor",
        "TRITON_CACHE_DIR": "/cache/triton",
    },
    downloader=("hf", "download"),
    downloader_flags=HF_DOWNLOAD_FLAGS,
    image_vendors={"lmsysorg/sglang": ("nvidia",)},
)

VLLM_ROCM_0_11_2: Final = replace(VLLM_0_11_2, image_vendors={"rocm/vllm": ("amd",)})
"""The same command with the same flags, in an image for AMD's accelerators."""

RELEASES: Final[Mapping[tuple[str, str], Release]] = {
    ("vllm", "0.11.0"): VLLM_0_11_0,
    ("vllm", "0.11.2"): VLLM_0_11_2,
    ("vllm", "0.33.0"): VLLM_0_33_0,
    ("vllm_rocm", "0.11.2"): VLLM_ROCM_0_11_2,
    ("sglang", "0.5.5"): SGLANG_0_5_5,
}
"""By engine and version."""


def release_of(engine: Engine) -> Release | None:
    """Return how ``engine`` is started; None for a release that nobody has looked at."""
    return RELEASES.get((engine.name, engine.version.removeprefix("v")))


def known_releases(engine: Engine) -> tuple[str, ...]:
    """Return the versions of ``engine`` that can be started."""
    return tuple(version for name, version in RELEASES if name == engine.name)


def spanning_releases(engine: Engine) -> tuple[str, ...]:
    """Return the versions of ``engine`` that can be started on several nodes."""
    return tuple(
        version
        for (name, version), release in RELEASES.items()
        if name == engine.name and release.group is not None
    )


def splitting_releases() -> tuple[str, ...]:
    """Return the engines with their versions that can have replicas of two kinds."""
    return tuple(
        f"{name} {version}" for (name, version), release in RELEASES.items() if release.splits
    )


def name_by_image(engine: Engine) -> str:
    """Return the name that the engine in the same image is known by; empty where none is."""
    repository = engine.image.partition(":")[0].partition("@")[0]
    names = (name for (name, _), one in RELEASES.items() if repository in one.image_vendors)
    return next(names, "")
