"""The kinds of a user's design: models, clusters, devices, services, and the blocks around them."""

from inferc.compiler.schema.build import (
    BOOL,
    TEXT,
    amount,
    call,
    count,
    entry,
    field,
    kind,
    later,
    multiple,
    part,
    positive,
    ref,
    uncertain,
    words,
)
from inferc.compiler.schema.catalog_kinds import CLOUDS, DEVICES, DTYPES, LENGTHS, PRECISIONS
from inferc.compiler.schema.cost_kinds import BUDGET_KINDS, OWNERSHIP
from inferc.compiler.schema.item_fields import BATCHING, ITEM_LOAD, PARTITION, SHARE
from inferc.compiler.schema.scaling_kinds import COLD_START, SCALED
from inferc.compiler.schema.serving_fields import SERVING_FIELDS
from inferc.compiler.schema.spec import Field, Kind, Types
from inferc.compiler.units import BANDWIDTH, GPU_PRICE, NUMBER, RATE, TOK

TARGETS = (
    *("kubernetes", "helm", "vllm_stack", "llm_d", "kserve", "ray_serve", "pulumi", "sagemaker"),
    *("on_prem", "compose", "diagram", "design_doc"),
)
TARGETS_LATER = ("knative", "dynamo")
APIS = ("openai_chat", "openai_completions")
GOALS = ("cost", "latency", "throughput")
MARKETS = ("on_demand", "spot", "reserved")
LOSSES = ("replica", "node")

_NODES = tuple(name for name in DEVICES if name != "board")
"""What a pool's nodes may hold; a board is a node of its own."""
_NETWORK: Types = ref("link") + positive(BANDWIDTH)
_TOKENS: Types = LENGTHS + uncertain(positive(TOK))
_OPTION: Types = TEXT + BOOL + amount(NUMBER, low=None) + words()
_REPLICAS = field(
    "replicas", count(low=0), "Copies of the service that run at once.", owner="planner"
)

_PLACES: tuple[Field, ...] = (
    field(
        "on",
        ref("pool", "device", "serverless"),
        "Where it runs; one of several with `in`.",
        required=True,
        owner="planner",
    ),
    field("instance", entry("instance"), "Type of the machines.", owner="planner"),
    field("market", words(*MARKETS), "How the machines are had.", owner="planner"),
    field("nodes", count(low=0), "How many machines there are.", owner="planner"),
)
_PLANNED: tuple[Field, ...] = (
    field("engine", entry("engine"), "Software that serves the model.", owner="planner"),
    field("precision", words(*PRECISIONS), "Format of the weights.", owner="planner"),
    field("tensor_parallel", count(), "Accelerators that share each layer.", owner="planner"),
    field("pipeline_parallel", count(), "Stages that the layers are cut into.", owner="planner"),
    _REPLICAS,
    field("max_num_seqs", count(), "Sequences that are served at once.", owner="planner"),
    field("max_num_batched_tokens", count(TOK), "Tokens of one engine step.", owner="planner"),
    field("max_model_len", count(TOK), "Longest prompt with its answer.", owner="planner"),
    field(
        "gpu_memory_utilization",
        amount(NUMBER, low=0, high=1),
        "Share of the accelerator's memory that the engine may take.",
        owner="planner",
    ),
)

_SERVICE = kind(
    "service",
    "A model that answers requests somewhere, under an SLA.",
    field("model", ref("model", "llm", "network"), "What it serves.", required=True),
    _PLACES,
    field("api", words(*APIS), "What its callers speak."),
    field("name", TEXT, "The name of what is deployed, where it must differ."),
    field("goal", words(*GOALS), "What the planner strives for once the SLA holds."),
    field("survives", words(*LOSSES), "What may be lost at the peak while the SLA holds."),
    field("confidence", words("high"), "high: plan from the upper end of each interval."),
    _PLANNED,
    SERVING_FIELDS,
    BATCHING,
    SHARE,
    part("load", required=True),
    part("sla"),
    part("autoscale"),
    part("scale"),
    part("args"),
    part("rollout", many=True),
    later("title", "reads", "priority", "cache"),
)

_LOAD = kind(
    "load",
    "The demand on a service.",
    field(
        "rate",
        uncertain(positive(RATE)),
        "Mean arrivals; absent only where the goal is throughput.",
    ),
    field(
        "shape",
        entry("shape") + call("steady", "spiky", "diurnal", "office_hours", "batch"),
        "How the load varies in time.",
    ),
    field("peak", uncertain(amount(NUMBER, low=1)), "The busiest stretch over the mean."),
    field("prompt_tokens", _TOKENS, "Tokens of a prompt."),
    field("output_tokens", _TOKENS, "Tokens of an answer."),
    field("workload", entry("workload"), "A kind of use whose lengths are in the catalog."),
    ITEM_LOAD,
    later("from", "prefix_share", "concurrency", "window"),
    label="none",
)

_AUTOSCALE = kind(
    "autoscale",
    "How the number of replicas follows the load.",
    _REPLICAS,
    SCALED,
    label="none",
)

DESIGN_KINDS: tuple[Kind, ...] = (
    kind(
        "topology",
        "What is compiled: models, hardware, services and how they belong together.",
        field("title", TEXT, "What people call it; stands before its doc in what is emitted."),
        field("calibration", ref("calibration"), "What plans rest on; absent: the shipped one."),
        *(
            part(name, many=True)
            for name in (
                "model",
                "cloud",
                "cluster",
                "device",
                "serverless",
                "service",
                "gateway",
                "emit",
                "assume",
                "pin",
                "env",
                "sla",
                "gpu",
                "accelerator",
                "cpu",
                "board",
                "link",
                "instance",
                "prices",
                "llm",
                "network",
                "engine",
                "workload",
                "shape",
                "managed_api",
                "serverless_gpu",
                "budget",
            )
        ),
    ),
    kind(
        "model",
        "A model as this design uses it.",
        field(
            "source",
            ref("llm", "network"),
            "Its facts: a catalog entry, or an `llm` or `network` block.",
            required=True,
        ),
        field("precision", words(*PRECISIONS), "Format of the weights.", owner="planner"),
        field("context", count(TOK), "Longest prompt with its answer.", status="later"),
        field("dtype", words(*DTYPES), "Format of the activations.", status="later"),
        later("adapters", "kv_precision", "revision"),
    ),
    kind(
        "cloud",
        "An account with a cloud, in one of its regions.",
        field("provider", words(*CLOUDS), "Whose cloud it is; absent: the one of its name."),
        field("region", TEXT, "Where in it: prices depend on that."),
    ),
    kind(
        "cluster",
        "A Kubernetes cluster, with the addresses that only its owner knows.",
        field("platform", words("kubernetes"), "What runs there; absent: Kubernetes."),
        field("namespace", TEXT, "Where the objects go."),
        field("storage_class", TEXT, "Class of the volume that holds the weights."),
        field(
            "access_mode",
            words("read_write_once", "read_write_many", "read_only_many"),
            "Who may mount that volume.",
        ),
        field("prometheus", TEXT, "Address of Prometheus, for the autoscaler."),
        field("release_label", TEXT, "Value of the label `release` that Prometheus selects by."),
        field("image_registry", TEXT, "Mirror that container images are pulled from."),
        field("image_pull_secret", TEXT, "Name of the secret that pulls images."),
        field("gateway_namespace", TEXT, "Namespace of the gateway that may call the services."),
        field("gateway_class", TEXT, "Class of the gateways that `gateway` blocks ask for."),
        field("issuer", TEXT, "cert-manager's ClusterIssuer, for gateways that name no other."),
        field("network", _NETWORK, "What joins the nodes."),
        part("pool", many=True),
        field("on", ref("cloud"), "The cloud that it runs in; absent: machines of one's own."),
        later("region", "zone", "zones", "ingress_class"),
    ),
    kind(
        "pool",
        "Nodes to run on: of one kind, or of several to choose from.",
        field(
            "nodes",
            count(low=0),
            "How many nodes there are; absent: as many as the planner needs.",
            owner="planner",
        ),
        field("gpu", multiple(*_NODES) + ref(*_NODES), "Accelerators of a node."),
        field(
            "instances",
            entry("instance"),
            "The cloud's type of machine, instead of `gpu`.",
            owner="planner",
        ),
        field("market", words(*MARKETS), "How a cloud's machines are had.", owner="planner"),
        COLD_START,
        field("price", amount(GPU_PRICE), "Price of one accelerator."),
        OWNERSHIP,
        field("network", _NETWORK, "What joins the nodes."),
        PARTITION,
        later("on_interrupt", "zones", "region"),
    ),
    kind(
        "device",
        "Single machines outside a cluster.",
        field("hardware", ref(*DEVICES), "What it is.", required=True),
        field("count", count(), "How many there are."),
        field("network", _NETWORK, "What joins them."),
        COLD_START,
        field("price", amount(GPU_PRICE), "Price of one."),
        OWNERSHIP,
    ),
    _SERVICE,
    _LOAD,
    kind("sla", "What must hold.", label="optional", metrics=True),
    _AUTOSCALE,
    kind("assume", "What nobody knows for sure.", label="none"),
    kind("pin", "Decisions taken from the planner.", label="none"),
    kind("emit", "A target, and its options.", label="target", free=_OPTION),
    kind("env", "Changes for one environment.", label="name"),
    kind("test", "What must be true of a plan.", label="text", status="later"),
    *BUDGET_KINDS,
)
