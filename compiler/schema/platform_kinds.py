"""The kinds of managed platforms: what a platform allows, and a place on one."""

from inferc.compiler.schema.build import (
    BOOL,
    TEXT,
    amount,
    count,
    entry,
    field,
    kind,
    listed,
    multiple,
    positive,
    ref,
    words,
)
from inferc.compiler.schema.catalog_kinds import CLOUDS
from inferc.compiler.schema.scaling_kinds import COLD_START
from inferc.compiler.schema.spec import Field, Kind, Types
from inferc.compiler.units import BANDWIDTH, BYTE, GPU_PRICE, RATE, TIME

_DEVICES = ("gpu", "accelerator", "cpu")

LIMITS: tuple[tuple[str, Types, str], ...] = (
    ("accelerators_per_instance", count(low=0), "Accelerators of an instance at most."),
    ("memory", positive(BYTE), "Memory of an instance at most, beside that of accelerators."),
    ("longest_response", positive(TIME), "Until a whole answer is there."),
    ("longest_stream", positive(TIME), "Until the last token of an answer that is streamed."),
    ("largest_request", positive(BYTE), "Bytes of a request."),
    ("concurrency", count(), "Requests that an instance serves at once."),
    ("instances", count(), "Instances of a service."),
    ("rate", positive(RATE), "Requests a second of an endpoint."),
    ("bandwidth", positive(BANDWIDTH), "Bytes a second of an endpoint."),
    ("longest_start", positive(TIME), "Until a container answers its first health check."),
)
"""What a platform limits: name, type, words."""

_MODEL: tuple[Field, ...] = tuple(field(name, types, words) for name, types, words in LIMITS)

PLATFORM_KINDS: tuple[Kind, ...] = (
    kind(
        "platform",
        "A platform that runs containers for others, and what it allows.",
        field("title", TEXT, "What its maker calls it.", required=True),
        field("accelerators", listed(ref(*_DEVICES)), "Those that it has; absent: any."),
        field("cloud", words(*CLOUDS), "Whose types of machines its instances may be named by."),
        field("scale_to_zero", BOOL, "Whether nothing runs while nobody asks."),
        field("start", amount(TIME), "Until an accelerator is there, before weights are loaded."),
        _MODEL,
    ),
)

SERVERLESS = kind(
    "serverless",
    "A place on a managed platform, of which instances come and go.",
    field("platform", entry("platform"), "Whose instances they are.", required=True),
    field("region", TEXT, "Where."),
    field("gpu", multiple(*_DEVICES) + ref(*_DEVICES), "Accelerators of an instance."),
    field(
        "instance",
        entry("instance"),
        "The cloud's type of machine that an instance is, instead of `gpu`.",
        owner="planner",
    ),
    field(
        "instances",
        count(low=0),
        "How many instances there are; absent: as many as the planner needs.",
        owner="planner",
    ),
    field("price", amount(GPU_PRICE), "Price of one accelerator while its instance is there."),
    COLD_START,
)
