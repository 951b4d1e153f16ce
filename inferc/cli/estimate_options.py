"""The options of ``inferc estimate``."""

from typing import Annotated, Final, TypeAlias

from inferc.cli.arguments import Option

UNSET: Final = -1
"""Of a degree of parallelism: what --engine-args say, else 1."""

Model: TypeAlias = Annotated[
    str, Option(("--model",), "A name, a config.json, or FILE.infer:NAME.", metavar="NAME")
]
Gpu: TypeAlias = Annotated[str, Option(("--gpu",), "The hardware.", metavar="NAME")]
Engine: TypeAlias = Annotated[
    str, Option(("--engine",), "Otherwise one that runs there.", metavar="NAME")
]
EngineArgs: TypeAlias = Annotated[
    str, Option(("--engine-args",), "The engine's own command line; flags win.", metavar="TEXT")
]
Tensor: TypeAlias = Annotated[
    int, Option(("--tp",), "Accelerators that share each layer.", metavar="N")
]
Pipeline: TypeAlias = Annotated[int, Option(("--pp",), "Stages of layers.", metavar="N")]
Expert: TypeAlias = Annotated[int, Option(("--ep",), "Groups that share the experts.", metavar="N")]
AttentionData: TypeAlias = Annotated[
    int, Option(("--attention-dp",), "Groups that attend on their own.", metavar="N")
]
Replicas: TypeAlias = Annotated[int, Option(("--replicas",), "Copies of all that.", metavar="N")]
PerNode: TypeAlias = Annotated[int, Option(("--per-node",), "Accelerators of a node.", metavar="N")]
Precision: TypeAlias = Annotated[
    str, Option(("--precision",), "Of the weights: fp16, fp8, int4, …", metavar="FORMAT")
]
KvCache: TypeAlias = Annotated[
    str, Option(("--kv-cache",), "Of the KV cache: fp16, fp8, …", metavar="FORMAT")
]
Sequences: TypeAlias = Annotated[
    int, Option(("--max-num-seqs",), "Sequences of a step, or items of a batch.", metavar="N")
]
Budget: TypeAlias = Annotated[
    int, Option(("--max-num-batched-tokens",), "Tokens of a step.", metavar="N")
]
Share: TypeAlias = Annotated[
    float,
    Option(("--gpu-memory-utilization",), "Share that the engine may take.", metavar="SHARE"),
]
Isl: TypeAlias = Annotated[
    int, Option(("--isl",), "Tokens of a prompt, 1000, or of an item.", metavar="N")
]
Osl: TypeAlias = Annotated[int, Option(("--osl",), "Tokens of an answer.", metavar="N")]
IslTail: TypeAlias = Annotated[
    int, Option(("--isl-p95",), "One prompt in twenty is longer; otherwise alike.", metavar="N")
]
OslTail: TypeAlias = Annotated[
    int, Option(("--osl-p95",), "One answer in twenty is longer; otherwise alike.", metavar="N")
]
Rate: TypeAlias = Annotated[
    str, Option(("--rate",), "Requests that come: 5/s, 300/min.", metavar="RATE")
]
Concurrency: TypeAlias = Annotated[
    int, Option(("--concurrency",), "Clients that wait for answers.", metavar="N")
]
Batch: TypeAlias = Annotated[
    int, Option(("--batch",), "Requests that start together.", metavar="N")
]
CalibrationFile: TypeAlias = Annotated[
    str, Option(("--calibration",), "A fit of your own, as `calibrate` writes it.", metavar="FILE")
]
Simulate: TypeAlias = Annotated[
    bool, Option(("--simulate",), "Play the load instead of the closed form.")
]
Explain: TypeAlias = Annotated[bool, Option(("--explain",), "Show what takes the time of a step.")]
