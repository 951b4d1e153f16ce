"""The typed design: what the user's file says, with catalog facts filled in.

Every number is a float in its base unit (seconds, bytes, FLOP, requests, tokens, dollars) and
carries its origin. Nothing is planned here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.provenance import Origin, Sourced
from inferc.dsl.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A fabric between accelerators of one node, or between nodes.

    ``bandwidth_bytes_per_s`` is per accelerator and direction.
    """

    id: str
    title: str
    bandwidth_bytes_per_s: Sourced[float]
    latency_s: Sourced[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """A GPU, or a board that computes with its CPU.

    ``flop_per_s`` maps a dtype (``fp32 fp16 bf16 fp8 int8 fp4 int4``) to the dense peak; a dtype
    that is absent has no hardware support.
    """

    id: str
    """The catalog path: ``gpu.nvidia.a100_80gb_sxm``."""
    kind: str
    """``gpu`` or ``board``."""
    title: str
    vendor: str
    architecture: str
    memory_bytes: Sourced[float]
    bandwidth_bytes_per_s: Sourced[float]
    flop_per_s: Mapping[str, Sourced[float]]
    link: Link | None
    """What joins the accelerators inside a node; None where only the host does."""
    link_domain: int
    """How many accelerators the link joins at full speed."""
    network: Link | None
    """The board's own network port; None for a GPU, whose node has one."""
    product_label: str
    """The value of the node label ``nvidia.com/gpu.product``; empty where there is none."""
    power_w: Sourced[float] | None
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """A decoder-only transformer, dense or mixture of experts."""

    id: str
    """The catalog path, or the name in the user's file."""
    title: str
    repository: str
    """The Hugging Face repository of the weights; empty where unknown."""
    revision: str = ""
    """The commit of that repository; empty where the file does not pin one."""
    parameters: Sourced[float]
    layers: int
    hidden: int
    intermediate: int
    """Width of the MLP; of one expert in a mixture of experts."""
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    experts: int
    """0 for a dense model."""
    experts_per_token: int
    tied_embeddings: bool
    context: int
    """The longest context, in tokens."""
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An inference engine: what it can do, what it costs, how its flags are spelled.

    ``coefficients`` are the calibrated numbers of the performance model, by name; ``flags`` map a
    plan field (``tensor_parallel``, ``max_num_seqs``, …) to the engine's own flag; ``metrics``
    map a
    meaning (``waiting``, ``running``, ``kv_usage``, ``ttft``, ``tpot``) to a Prometheus series.
    """

    id: str
    title: str
    version: str
    image: str
    """``repository:tag``."""
    devices: tuple[str, ...]
    """``gpu``, ``board``."""
    vendors: tuple[str, ...]
    """Vendors of accelerators that it runs on."""
    precisions: tuple[str, ...]
    """Formats of weights: ``fp16 bf16 fp8 int8 int4``."""
    tensor_parallel: bool
    pipeline_parallel: bool
    coefficients: Mapping[str, Sourced[float]]
    flags: Mapping[str, str]
    metrics: Mapping[str, str]
    port: int
    health_path: str
    ready_path: str
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where pools live, with the addresses that only its owner knows."""

    name: str
    platform: str
    namespace: str
    """Empty where the file does not say."""
    settings: Mapping[str, Sourced[str]]
    """``storage_class``, ``prometheus``, ``image_registry``, …: given or defaulted."""
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hardware to run on: a pool of a cluster, or a single kind of device."""

    path: str
    """``dc1.gpu`` or ``pi``."""
    cluster: Cluster | None
    accelerator: Accelerator
    per_node: int
    nodes: Sourced[float]
    network: Link
    """Between nodes."""
    price_usd_per_s: Sourced[float] | None
    """Of one accelerator; None where nobody says what it costs."""
    span: Span | None

    @property
    def accelerators(self) -> int:
        """How many accelerators there are."""
        return int(self.nodes.value) * self.per_node


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Tokens a request has: a mean and how far the tail reaches."""

    mean_tok: Sourced[float]
    p95_over_mean: Sourced[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The demand on a service."""

    rate_per_s: Sourced[float]
    """Mean arrivals."""
    peak: Sourced[float]
    """Rate of the busiest stretch over the mean."""
    shape: str
    """``steady``, ``spiky``, …; empty where the file does not say."""
    prompt: Lengths
    output: Lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One line of an SLA: ``p95 ttft <= 500ms``; ``hard`` unless it is a ``prefer`` line."""

    metric: str
    """``ttft``, ``itl``, ``tpot``, ``e2e``, ``throughput``, …"""
    percentile: float | None
    """0.95 for p95."""
    operator: str
    limit: Sourced[float]
    """In base units."""
    hard: bool
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A constraint of the user on a planner's field: ``pin { chat.tensor_parallel = 4 }``.

    ``operator`` is ``=``, ``in`` or ``not in``, ``<=``, ``>=``; ``values`` holds the
    alternatives, or the two ends of a range when ``is_range``.
    """

    field: str
    """``tensor_parallel``, ``engine``, ``precision``, ``replicas``, …"""
    operator: str
    values: tuple[str | float, ...]
    is_range: bool
    because: str
    span: Span
    origin: Origin = Origin.GIVEN
    """CATALOG for what holds where the user says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A model that answers requests somewhere, under an SLA."""

    name: str
    model: LanguageModel
    model_name: str
    """What the user's file calls the model."""
    deployed_name: str = ""
    """What targets call the objects of the service; empty where its own name will do."""
    place: Place
    api: str
    load: Load
    objectives: tuple[Objective, ...]
    decisions: tuple[Decision, ...]
    engines: tuple[Engine, ...]
    """Every engine of the catalog that could run here, in the catalog's order."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """An ``emit`` block: a target and its options."""

    target: str
    options: Mapping[str, str | float | bool]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One topology of the user's file."""

    name: str
    doc: str
    services: tuple[Service, ...]
    emissions: tuple[Emission, ...]
    span: Span
