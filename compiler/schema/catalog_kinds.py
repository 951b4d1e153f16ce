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
    part,
    positive,
    ref,
    uncertain,
    words,
)
from inferc.compiler.schema.spec import Kind
from inferc.compiler.units import BANDWIDTH, BYTE, COMPUTE, NUMBER, POWER, TIME, TOK

DTYPES = ("fp32", "fp16", "bf16", "fp8", "int8", "fp4", "int4")
PRECISIONS = ("fp16", "bf16", "fp8", "int8", "int4")
LENGTHS = call("dist", of=uncertain(positive(TOK)))
_COEFFICIENT = tuple(
    alternative
    for dimension in (NUMBER, TIME, BYTE, BANDWIDTH, COMPUTE, TOK)
    for alternative in uncertain(amount(dimension))
)

_HARDWARE = (
    field("title", TEXT, "What its maker calls it.", required=True),
    field("vendor", words("nvidia", "amd", "intel", "broadcom", "other"), "Who makes it."),
    field("architecture", TEXT, "The generation: `Ampere`."),
    field("memory", uncertain(positive(BYTE)), "Memory that weights can live in.", required=True),
    field("bandwidth", uncertain(positive(BANDWIDTH)), "Speed of that memory.", required=True),
    field("link", ref("link"), "What joins the accelerators inside a node."),
    field("link_domain", count(), "How many accelerators the link joins at full speed."),
    field("network", ref("link"), "Its own network port, where it has one."),
    field("power", uncertain(positive(POWER)), "Power at full load."),
    field("product_label", TEXT, "Value of the node label `nvidia.com/gpu.product`."),
    part("compute", required=True),
)

CATALOG_KINDS: tuple[Kind, ...] = (
    kind("gpu", "An accelerator.", *_HARDWARE),
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
    ),
    kind(
        "llm",
        "A decoder-only transformer.",
        field("title", TEXT, "What its maker calls it.", required=True),
        field("family", TEXT, "The family it belongs to."),
        field("repository", TEXT, "Where its weights are: `meta-llama/Meta-Llama-3-70B`."),
        field("revision", TEXT, "The commit of that repository."),
        field("parameters", positive(), "How many weights it has: `70.6B`.", required=True),
        field("layers", count(), "Transformer layers.", required=True),
        field("hidden", count(), "Width of the residual stream.", required=True),
        field("intermediate", count(), "Width of the MLP, or of one expert.", required=True),
        field("heads", count(), "Query heads.", required=True),
        field("kv_heads", count(), "Key-value heads.", required=True),
        field("head_dim", count(), "Width of one head; absent: hidden / heads."),
        field("vocabulary", count(), "Entries of the vocabulary.", required=True),
        field("context", count(TOK), "The longest context.", required=True),
        field("experts", count(low=0), "Experts of each layer; 0 for a dense model."),
        field("experts_per_token", count(low=0), "Experts that a token visits."),
        field("tied_embeddings", BOOL, "Whether input and output embeddings are one matrix."),
        field("dtype", words("fp32", "fp16", "bf16", "fp8"), "Format of the published weights."),
    ),
    kind(
        "engine",
        "Software that serves a model.",
        field("title", TEXT, "What its authors call it.", required=True),
        field("version", TEXT, "The release that the facts belong to.", required=True),
        field("image", TEXT, "Container image: `repository:tag`.", required=True),
        field("devices", listed(words("gpu", "board")), "What it runs on.", required=True),
        field(
            "vendors",
            listed(words("nvidia", "amd", "intel", "broadcom", "other")),
            "Whose hardware it runs on; absent: anybody's.",
        ),
        field("precisions", listed(words(*PRECISIONS)), "Formats of weights.", required=True),
        field("tensor_parallel", BOOL, "Whether it can split layers over accelerators."),
        field("pipeline_parallel", BOOL, "Whether it can split the layers into stages."),
        field("port", count(), "Where it listens.", required=True),
        field("health_path", TEXT, "Answers while the process lives.", required=True),
        field("ready_path", TEXT, "Answers once it can serve.", required=True),
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
    ),
)
