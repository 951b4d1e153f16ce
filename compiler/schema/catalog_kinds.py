"""The kinds of facts: hardware, links, models, engines, workloads, shapes of load.

The catalog is made of them, and a user's own file may hold them too.
"""

from inferc.compiler.schema.build import (
    BOOL,
    TEXT,
    amount,
    call,
    count,
    field,
    kind,
    listed,
    multiple,
    part,
    positive,
    ref,
    uncertain,
    words,
)
from inferc.compiler.schema.model_fields import LANGUAGE_MODEL
from inferc.compiler.schema.network_fields import MODULE, NETWORK
from inferc.compiler.schema.spec import Kind
from inferc.compiler.units import BANDWIDTH, BYTE, COMPUTE, COST_RATE, NUMBER, POWER, TIME, TOK

DTYPES = ("fp32", "fp16", "bf16", "fp8", "int8", "fp4", "int4")
PRECISIONS = ("fp16", "bf16", "fp8", "int8", "w8a16", "int4", "nvfp4", "mxfp4")
"""Formats of weights: ``int8`` multiplies in int8 (W8A8); ``w8a16`` and ``int4`` (AWQ, GPTQ) are
formats of the weights alone, and ``nvfp4`` and ``mxfp4`` hold 4-bit floats with shared scales."""
KV_PRECISIONS = ("fp16", "bf16", "fp8", "int8", "int4", "nvfp4")
"""Formats of the KV cache."""
LENGTHS = call("dist", of=uncertain(positive(TOK)))
DEVICES = ("gpu", "accelerator", "cpu", "board")
"""The kinds of hardware that models run on."""
_NODES = tuple(name for name in DEVICES if name != "board")
VENDORS = (
    "nvidia",
    "amd",
    "intel",
    "google",
    "amazon",
    "apple",
    "ampere",
    "arm",
    "broadcom",
    "other",
)
CLOUDS = (
    "aws",
    "azure",
    "digitalocean",
    "gcp",
    "hyperbolic",
    "lambda",
    "nebius",
    "oci",
    "runpod",
)
"""The clouds whose machines are in the catalog."""
_COEFFICIENT = tuple(
    alternative
    for dimension in (NUMBER, TIME, BYTE, BANDWIDTH, COMPUTE, TOK)
    for alternative in uncertain(amount(dimension))
)

_HARDWARE = (
    field("title", TEXT, "What its maker calls it.", required=True),
    field("vendor", words(*VENDORS), "Who makes it."),
    field("architecture", TEXT, "The generation: `Ampere`."),
    field("memory", uncertain(positive(BYTE)), "Memory that weights can live in.", required=True),
    field("bandwidth", uncertain(positive(BANDWIDTH)), "Speed of that memory.", required=True),
    field("link", ref("link"), "What joins the accelerators inside a node."),
    field("link_domain", count(), "How many accelerators the link joins at full speed."),
    field("host_link", ref("link"), "What joins it to its host: PCIe of some generation."),
    field("peer_to_peer", BOOL, "Whether it writes into others' memory over that link."),
    field("network", ref("link"), "Its own network port, where it has one."),
    field("power", uncertain(positive(POWER)), "Power at full load."),
    field("product_label", TEXT, "Value of the node label `nvidia.com/gpu.product`."),
    field("per_package", count(), "How many of it one package holds; absent: 1."),
    field("aliases", listed(TEXT), "Other names, as benchmarks and price lists write them."),
    part("compute", required=True),
)

CATALOG_KINDS: tuple[Kind, ...] = (
    kind("gpu", "A graphics processor that computes.", *_HARDWARE),
    kind("accelerator", "A chip made for AI that is no GPU: TPU, Trainium, Gaudi.", *_HARDWARE),
    kind("cpu", "A processor of a server or desktop that computes on its cores.", *_HARDWARE),
    kind("board", "A computer that computes with its processor.", *_HARDWARE),
    kind(
        "compute",
        "Dense peak speed for each number format that the hardware supports.",
        tuple(field(t, uncertain(positive(COMPUTE)), f"Dense peak in {t}.") for t in DTYPES),
        label="none",
    ),
    kind(
        "link",
        "A fabric between accelerators, or between nodes.",
        field("title", TEXT, "What its maker calls it.", required=True),
        field(
            "bandwidth",
            uncertain(positive(BANDWIDTH)),
            "Per accelerator and direction.",
            required=True,
        ),
        field("latency", uncertain(amount(TIME)), "Time of the smallest message."),
        field(
            "topology",
            words("switch", "mesh", "torus"),
            "How it joins more than two: by switches, each with each other, or neighbours.",
        ),
    ),
    kind(
        "instance",
        "A type of machine that a cloud rents out.",
        field("title", TEXT, "What people call it.", required=True),
        field("cloud", words(*CLOUDS), "Whose it is; absent: of no cloud in the catalog."),
        field("type", TEXT, "What its cloud calls it: `p5.48xlarge`.", required=True),
        field("gpu", multiple(*_NODES) + ref(*_NODES), "Its accelerators.", required=True),
        field("vcpus", count(), "Its virtual processors."),
        field("memory", positive(BYTE), "Memory of the host."),
        field(
            "network",
            ref("link") + positive(BANDWIDTH),
            "What joins each accelerator to other machines, or the bandwidth of the whole machine.",
        ),
        field("prices", ref("prices"), "What it costs."),
    ),
    kind(
        "prices",
        "What a type of machine costs, by region.",
        part("offer", many=True),
    ),
    kind(
        "offer",
        "What a machine costs in a region.",
        field("region", TEXT, "Where; absent: in every region without an offer of its own."),
        field("on_demand", positive(COST_RATE), "By the hour."),
        field("spot", positive(COST_RATE), "While nobody pays more."),
        field("reserved", positive(COST_RATE), "With a commitment for a year."),
        label="optional",  # as a part of prices it needs one; alone it means nothing
    ),
    kind(
        "llm",
        "A decoder-only language model.",
        *LANGUAGE_MODEL,
    ),
    kind(
        "network",
        "A model that answers an item in a fixed number of passes: an encoder, vision, diffusion.",
        *NETWORK,
    ),
    kind(
        "module",
        "A part of a network whose passes are alike.",
        *MODULE,
        label="optional",  # as a part of a network it needs one; alone it means nothing
    ),
    kind(
        "engine",
        "Software that serves a model.",
        field("title", TEXT, "What its authors call it.", required=True),
        field("version", TEXT, "The release that the facts belong to.", required=True),
        field("image", TEXT, "Container image: `repository:tag`; absent: none is published."),
        field("devices", listed(words(*DEVICES)), "What it runs on.", required=True),
        field(
            "vendors",
            listed(words(*VENDORS)),
            "Whose hardware it runs on; absent: anybody's.",
        ),
        field("precisions", listed(words(*PRECISIONS)), "Formats of weights.", required=True),
        field("tensor_parallel", BOOL, "Whether it can split layers over accelerators."),
        field("pipeline_parallel", BOOL, "Whether it can split the layers into stages."),
        field("expert_parallel", BOOL, "Whether it can split experts over accelerators."),
        field(
            "attention_data_parallel",
            BOOL,
            "Whether attention can be replicated while the experts are split.",
        ),
        field(
            "batching",
            words("continuous", "dynamic", "static", "none"),
            "How requests share the hardware; absent: continuous.",
        ),
        field(
            "scheduling",
            words("mixed", "prefill_first"),
            "Whether prompts ride on the steps of answers, or have steps of their own.",
        ),
        field(
            "kv_admission",
            words("as_needed", "full_length"),
            "What a request must find free to start: its prompt, or its longest answer too.",
        ),
        field("chunked_prefill", BOOL, "Whether long prompts are split; absent: yes."),
        field("prefix_caching", BOOL, "Whether shared prefixes are kept, unless told."),
        field(
            "kv_precisions",
            listed(words(*KV_PRECISIONS)),
            "Formats of the KV cache, the default first; absent: fp16.",
        ),
        field(
            "speculation",
            listed(words("draft", "ngram", "eagle", "mtp")),
            "Kinds of speculative decoding.",
        ),
        field(
            "disaggregation",
            BOOL,
            "Whether some replicas may compute prompts and hand their KV cache to others.",
        ),
        field(
            "memory_share_of",
            words("all", "free"),
            "What `memory_share` is a share of: all memory, or what weights leave free.",
        ),
        field(
            "only_if_named",
            BOOL,
            "Whether the planner takes it only where a line names it.",
        ),
        field("port", count(), "Where it listens.", required=True),
        field("health_path", TEXT, "Answers while the process lives.", required=True),
        field("ready_path", TEXT, "Answers once it can serve.", required=True),
        part("defaults"),
        part("tier", many=True),
        part("coefficients"),
        part("flags"),
        part("metrics"),
    ),
    kind(
        "coefficients",
        "Calibrated numbers of the performance model, by name.",
        label="none",
        free=_COEFFICIENT,
    ),
    kind(
        "defaults",
        "What the engine does unless told: `max_num_seqs`, `max_num_batched_tokens`, …",
        label="none",
        free=_COEFFICIENT,
    ),
    kind(
        "tier",
        "Other defaults, on accelerators with at least so much memory.",
        field("memory_from", positive(BYTE), "The least memory that has them.", required=True),
        field("only_for", listed(TEXT), "Parts of the titles of accelerators that have them."),
        field("except_for", listed(TEXT), "Parts of the titles of those that do not."),
        label="optional",  # as a part of an engine it needs one; alone it means nothing
        free=_COEFFICIENT,
    ),
    kind("flags", "Spelling of each planned value on the command line.", label="none", free=TEXT),
    kind("metrics", "Prometheus series, by meaning.", label="none", free=TEXT),
    kind(
        "workload",
        "How long prompts and answers of a kind of use are.",
        field("title", TEXT, "What people call it."),
        field("prompt_tokens", LENGTHS, "Tokens of a prompt.", required=True),
        field("output_tokens", LENGTHS, "Tokens of an answer.", required=True),
    ),
    kind(
        "shape",
        "How load varies in time.",
        field("title", TEXT, "What people call it."),
        field(
            "peak",
            uncertain(amount(NUMBER, low=1)),
            "Rate of the busiest stretch over the mean.",
            required=True,
        ),
        field("lasting", uncertain(positive(TIME)), "How long a spike lasts on average."),
        field("share", uncertain(amount(NUMBER, high=1)), "Share of the time in spikes."),
    ),
)
