"""The typed design: what the user's file says, with catalog facts filled in.

Every number is a float in its base unit (seconds, bytes, FLOP, requests, tokens, dollars) and
carries its origin. Nothing is planned here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from inferc.compiler.model.profile import Profile, Window
from inferc.compiler.provenance import Origin, Sourced
from inferc.dsl.source import Span

if TYPE_CHECKING:
    from inferc.compiler.model.money import Offer, Ownership
    from inferc.compiler.model.platform import Platform


def short_name(path: str) -> str:
    """Return the last word of a path of the catalog: ``vllm`` of ``engine.vllm``."""
    return path.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A fabric between accelerators of one node, or between nodes.

    ``bandwidth_bytes_per_s`` is per accelerator and direction.
    """

    id: str
    title: str
    bandwidth_bytes_per_s: Sourced[float]
    latency_s: Sourced[float]
    topology: str = "switch"
    """How it joins more than two: ``switch`` (all bandwidth to anyone), ``mesh`` (the bandwidth is
    shared out evenly among all others of the domain) or ``torus`` (neighbours only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """A GPU, another chip made for AI, a processor, or a board that computes with its CPU.

    It is what an engine and a cluster count as one device, with its own memory.
    ``flop_per_s`` maps a dtype (``fp32 fp16 bf16 fp8 int8 fp4 int4``) to the dense peak; a dtype
    that is absent has no hardware support.
    """

    id: str
    """The catalog path: ``gpu.nvidia.a100_80gb_sxm``."""
    kind: str
    """``gpu``, ``accelerator`` (TPU, Trainium, Gaudi, …), ``cpu`` or ``board``."""
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
    host_link: Link | None = None
    """What joins it to its host; the accelerators of a node too, where ``link`` does not."""
    peer_to_peer: bool = True
    """Whether accelerators write into each other's memory over ``host_link``, or go through the
    host's memory (GeForce cards)."""
    per_package: int = 1
    """How many of it one package holds: an MI250 is two dies, each of which is a device."""
    product_label: str
    """The value of the node label ``nvidia.com/gpu.product``; empty where there is none."""
    power_w: Sourced[float] | None
    efficiency: Mapping[str, float] = field(default_factory=dict[str, float])
    """Calibrated coefficients of its architecture, by name: over those of an engine."""
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """A decoder-only language model.

    Each of its ``layers`` holds at most one mixer (attention, or a recurrent state) and at most
    one MLP. Attention is grouped-query unless ``kv_lora_rank`` says latent (MLA); of its layers
    ``window_layers`` look back at ``window_tok`` tokens only. ``state_layers`` keep a state of a
    constant size instead of a KV cache. With ``experts`` an MLP is a mixture of experts, except in
    ``dense_layers``.
    """

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
    mlp_matrices: int = 3
    """3 for a gated MLP (gate, up, down), 2 for a plain one."""
    mlp_layers: int = -1
    """Layers that have an MLP; -1 for all."""
    dense_layers: int = 0
    """Of those, layers with a dense MLP in a mixture of experts, wherever they stand."""
    dense_intermediate: int = 0
    """The width of that dense MLP."""
    shared_intermediate: int = 0
    """Width of the experts that every token visits, all of a layer together."""
    window_layers: int = 0
    """Layers whose attention looks back at ``window_tok`` tokens at most."""
    window_tok: int = 0
    kv_lora_rank: int = 0
    """Latent attention: width of the compressed keys and values; 0 for none."""
    q_lora_rank: int = 0
    """Latent attention: width of the compressed queries; 0 where they are not compressed."""
    qk_nope_head_dim: int = 0
    qk_rope_head_dim: int = 0
    v_head_dim: int = 0
    attention_gate: bool = False
    """Whether a gate as wide as the queries scales what attention returns."""
    state_layers: int = 0
    """Layers with a state of constant size: linear attention, state-space models."""
    state_parameters: int = 0
    """Parameters of the matrices of one such layer's mixer."""
    state_elements: int = 0
    """Numbers that one such layer keeps of one sequence, convolution included."""
    prediction_layers: int = 0
    """Modules for multi-token prediction, each of about one layer."""
    published: str = ""
    """Format of the published weights; empty where the file does not say."""
    span: Span | None

    @property
    def attention_layers(self) -> int:
        """How many layers have attention.

        Those without a state; where each layer has one purpose (Nemotron-H), without an MLP either.
        """
        others = self.layers - self.state_layers
        return others if self.mlp_layers in {-1, self.layers} else others - self.mlp_layers

    @property
    def all_mlp_layers(self) -> int:
        """How many layers have an MLP."""
        return self.layers if self.mlp_layers == -1 else self.mlp_layers


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Defaults of an engine on accelerators with at least so much memory."""

    memory_from_bytes: float
    only_for: tuple[str, ...] = ()
    """Parts of the titles of accelerators that have them; empty for all."""
    except_for: tuple[str, ...] = ()
    """Parts of the titles of accelerators that do not have them: ``A100``."""
    defaults: Mapping[str, Sourced[float]]


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
    """``repository:tag``; empty where none is published."""
    devices: tuple[str, ...]
    """Kinds of accelerators: ``gpu``, ``accelerator``, ``cpu``, ``board``."""
    vendors: tuple[str, ...]
    """Vendors of accelerators that it runs on."""
    precisions: tuple[str, ...]
    """Formats of weights: ``fp16 bf16 fp8 int8 w8a16 int4 nvfp4 mxfp4``."""
    tensor_parallel: bool
    pipeline_parallel: bool
    coefficients: Mapping[str, Sourced[float]]
    flags: Mapping[str, str]
    metrics: Mapping[str, str]
    port: int
    health_path: str
    ready_path: str
    batching: str = "continuous"
    """``continuous``, ``dynamic`` (waits for a batch up to a delay), ``static`` or ``none``."""
    scheduling: str = "mixed"
    """How prompts and answers share steps under continuous batching: ``mixed`` (prompts ride on
    the steps of answers), or ``prefill_first`` (prompts have steps of their own, answers wait)."""
    kv_admission: str = "as_needed"
    """``as_needed`` (and preempts), or ``full_length`` (reserves prompt and longest answer)."""
    chunked_prefill: bool = True
    prefix_caching: bool = False
    """Whether it is on by default."""
    expert_parallel: bool = False
    attention_data_parallel: bool = False
    kv_precisions: tuple[str, ...] = ("fp16",)
    """Formats of the KV cache, the default first."""
    speculation: tuple[str, ...] = ()
    """Kinds of speculative decoding: ``draft``, ``ngram``, ``eagle``, ``mtp``."""
    disaggregation: bool = False
    """Whether some replicas may compute prompts and hand their KV cache to others."""
    defaults: Mapping[str, Sourced[float]] = field(default_factory=dict[str, Sourced[float]])
    """What the engine does unless told: ``max_num_seqs``, ``max_num_batched_tokens``, …"""
    tiers: tuple[Tier, ...] = ()
    """Other defaults by memory of the accelerator, the least memory first."""
    memory_share_of: str = "all"
    """What ``memory_share`` is a share of: ``all`` memory, or what weights leave ``free``."""
    only_if_named: bool = False
    """Whether the planner takes it only where a line of the file names it."""
    fitted: frozenset[str] = frozenset()
    """Coefficients that a calibration gave it. What the hardware takes off them comes on top, so
    that one may lie beyond what physics allows by itself."""
    span: Span | None

    @property
    def name(self) -> str:
        """The last word of its path: what people and calibrations call it."""
        return short_name(self.id)


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
    least_nodes: int | None = None
    """The fewest nodes that the planner may choose, of which ``nodes`` is the most; None where
    their number is fixed."""
    instance: str = ""
    """The catalog path of a cloud's instance type; empty for nodes of one's own."""
    instance_type: str = ""
    """What its cloud calls that type: ``p5.48xlarge``."""
    vcpus: int = 0
    """Virtual processors of one machine; 0 where nobody says."""
    memory_bytes: float = 0.0
    """Memory of its host; 0 where nobody says."""
    cloud: str = ""
    """Whose machines they are: ``aws``; empty for nodes of one's own."""
    market: str = "owned"
    """How they are had: ``owned``, ``on_demand``, ``spot`` or ``reserved``."""
    most_nodes: int = 0
    """Of a place whose number of nodes is decided, how many there may be when more are needed;
    0 for no more than ``nodes``."""
    platform: "Platform | None" = None
    """The managed platform whose instances the nodes are: a replica stays inside one of them."""
    ownership: "Ownership | None" = None
    """What the price follows from, where the hardware is bought."""
    other_prices: Mapping[str, Sourced[float]] = field(default_factory=dict[str, Sourced[float]])
    """Prices of the same accelerator in the other markets, where the catalog has them."""
    cold_start_s: Sourced[float] | None = None
    """From nothing to the first answer; None where nobody says."""
    slices: int = 1
    """Parts that each accelerator is cut into (MIG). ``accelerator`` is then one part, and
    ``per_node`` counts parts."""
    span: Span | None

    @property
    def accelerators(self) -> int:
        """How many accelerators there are; the most there may be, where the planner chooses."""
        return int(self.nodes.value) * self.per_node

    @property
    def most_accelerators(self) -> int:
        """How many accelerators there may be when more are needed."""
        return max(int(self.nodes.value), self.most_nodes) * self.per_node


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Tokens a request has: a mean and how far the tail reaches."""

    mean_tok: Sourced[float]
    p95_over_mean: Sourced[float]
    """Defaulted where nobody states it: planned at its value, and at best ``low``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The demand on a service."""

    rate_per_s: Sourced[float]
    """Mean arrivals; 0 for as many as can be carried, which the plan finds out."""
    peak: Sourced[float]
    """Rate of the busiest stretch over the mean."""
    shape: str
    """``steady``, ``spiky``, …; empty where the file does not say."""
    prompt: Lengths
    output: Lengths
    spike_s: Sourced[float] | None = None
    """How long a stretch at the peak lasts on average; None where there is none. Only a simulation
    asks for it."""
    spike_share: Sourced[float] | None = None
    """Share of the time in such stretches."""
    profile: Profile | None = None
    """How the rate varies over a week; None where the shape has no window."""


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
    counts: str = ""
    """What a throughput counts: ``tok`` (of answers) or ``req``; ``tok`` for a cost of a token.
    Empty for other metrics, and for a cost in time."""
    span: Span
    writers: tuple[Span, ...] = ()
    """Every statement of the line, the one that won last."""
    condition: str = ""
    """``cold``: of the request that wakes a service up; empty: whenever a replica is there."""
    over_s: float | None = None
    """The window of time that a share is counted over."""
    budget_usd_per_s: float | None = None
    """What all services together may cost, of a limit that comes from that; None for others."""


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
    writers: tuple[Span, ...] = ()
    """Every statement of it, the one that won last."""
    origin: Origin = Origin.GIVEN
    """CATALOG for what holds where the user says nothing."""


class WarmPool(NamedTuple):
    """Replicas that wait for work."""

    instances: int
    window: Window | None
    """When they wait; None for always."""
    text: str
    """That window as it was written."""
    keep: str
    """``weights_in_gpu``, or ``weights_on_disk``, which only shortens a start."""


class Scaling(NamedTuple):
    """What a file says about how a service scales."""

    signal: str
    """``waiting``, ``running``, ``kv_usage`` or ``rate``; empty where the planner chooses."""
    target: Sourced[float] | None
    calm_s: Sourced[float] | None
    """How long the load must be low before a replica goes."""
    to_zero: bool
    sleep_s: Sourced[float] | None
    """How long nobody must ask before it sleeps."""
    warm_pool: WarmPool | None


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
    """Where it runs; the first of ``places`` until it is planned."""
    places: tuple[Place, ...] = ()
    """Every kind of node and market that its pool may have; empty where there is only ``place``."""
    api: str
    load: Load
    objectives: tuple[Objective, ...]
    decisions: tuple[Decision, ...]
    engines: tuple[Engine, ...]
    """Every engine of the catalog that could run here, in the catalog's order."""
    offers: "tuple[Offer, ...]" = ()
    """Other ways to have the model, or the accelerators, that have a price."""
    goal: str = "cost"
    """What the planner strives for once the SLA holds: ``cost``, ``latency`` or ``throughput``."""
    survives: str = ""
    """What may be lost at the peak while the SLA holds: ``replica``, ``node``, or nothing."""
    draft: LanguageModel | None = None
    """The smaller model that may guess tokens."""
    acceptance: Sourced[float] | None = None
    """Chance that a guess is right; None where nobody states it."""
    scaling: "Scaling | None" = None
    """What the file says about signals, sleeping and warm replicas; None where it says nothing."""
    confidence: str = ""
    """``high``: the SLA must hold at the upper end of each estimate's interval as well."""
    span: Span
