"""Emitted SageMaker endpoints: planned from text, run under mocks, held to the API's own models."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from support import topologies

from inferc import api
from inferc.compiler.model import market
from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, SourceFile
from inferc.targets.base import Emitted, Options
from inferc.targets.sagemaker.deployment import Deployment, deployment
from inferc.targets.sagemaker.emitter import TARGET
from inferc.targets.sagemaker.options import read_options

TEXT = """infer 1
import std.catalog as cat

topology {name} {{
  model llm {{
    source    = {model}
    precision = {precision}
  }}
  serverless run {{
    platform = {platform}
    {region}
    instance = {instance}
    instances in {instances}
  }}
  service chat {{
    model = llm
    on    = run
    engine = {engine}
    tensor_parallel = {tensor}
    load {{
      rate          = {rate}
      peak          = 2x
      prompt_tokens = dist(mean = 500, p95 = 1_500)
      output_tokens = dist(mean = 200, p95 = 500)
    }}
    sla {{ {sla} }}
    {scale}
  }}
}}
"""

USUAL = {
    "name": "assistant",
    "model": "cat.models.meta.llama_3_1_8b_instruct",
    "precision": "bf16",
    "platform": "sagemaker_realtime",
    "region": 'region = "us-east-1"',
    "instance": "aws.g6e_xlarge",
    "instances": "1..8",
    "engine": "vllm",
    "tensor": "1",
    "rate": "60 req/min",
    "sla": "p95 ttft <= 2s; p95 e2e <= 30s",
    "scale": "",
}
SHARED = {"instance": "aws.g6e_12xlarge", "tensor": "2"}
ASLEEP = {
    "instances": "0..4",
    "rate": "1 req/h",
    "scale": "scale { to_zero = true; idle = 15min }",
}
QUEUE = {
    "platform": "sagemaker_async",
    "instances": "0..8",
    "rate": "6 req/min",
    "sla": "p95 e2e <= 10min",
    "scale": "scale { to_zero = true; idle = 15min }",
}


def text(**parts: str) -> str:
    """Return a file with one service on SageMaker."""
    return TEXT.format(**(USUAL | parts))


@cache
def _planned(source: str) -> Topology:
    drawn = api.draw(SourceFile("t.infer", source))
    assert drawn.topologies, [item.message for item in drawn.diagnostics]
    return drawn.topologies[0]


def topology(**parts: str) -> Topology:
    """Return the planned topology of such a file."""
    return _planned(text(**parts))


def mixed() -> Topology:
    """Return a topology with an endpoint of every kind."""
    base = topology()
    found = []
    for name, parts in (("chat", {}), ("search", SHARED), ("night", ASLEEP), ("docs", QUEUE)):
        (plan,) = topology(**parts).services
        found.append(replace(plan, service=replace(plan.service, name=name)))
    return replace(base, services=tuple(found))


def made_up() -> Topology:
    """Return the first example on SageMaker, its plan made up: two replicas in one machine."""
    base = topologies.support_chat()
    platforms = {item.id: item for item in market.platforms()}
    realtime = replace(platforms["platform.sagemaker_realtime"], region="eu-west-1")

    def moved(plan: ServicePlan) -> ServicePlan:
        own = plan.service.place
        instance = {"instance": "instance.aws.p4de_24xlarge", "instance_type": "p4de.24xlarge"}
        place = replace(own, cluster=None, platform=realtime, cloud="aws", **instance)
        return replace(plan, service=replace(plan.service, place=place))

    return replace(base, services=tuple(map(moved, base.services)))


def deployed(options: Options | None = None, **parts: str) -> Deployment:
    """Return what is deployed of it."""
    choices, problems = read_options(options or {})
    assert problems == ()
    return deployment(topology(**parts), choices)


def emitted(options: Options | None = None, **parts: str) -> Emitted:
    """Return the files of it, or what is wrong."""
    return TARGET.emit(topology(**parts), options or {})


def files(found: Emitted) -> Mapping[str, str]:
    """Return the texts of emitted files by their paths."""
    assert found.artifacts, [item.message for item in found.diagnostics]
    return {one.path: one.content.decode("utf-8") for one in found.artifacts}


def codes(found: Emitted) -> list[str]:
    """Return the codes of what a target says."""
    return [item.code for item in found.diagnostics]


def said(found: Emitted, code: str) -> Diagnostic:
    """Return the one diagnostic with ``code``."""
    (item,) = (item for item in found.diagnostics if item.code == code)
    return item


# ---- the program, run under mocks ---------------------------------------------------------------

RUNNER = """
import json, runpy, sys, warnings
warnings.simplefilter("ignore")
import pulumi

def run(folder):
    found, outputs = [], {}

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args):
            found.append({"type": args.typ, "name": args.name, "inputs": args.inputs})
            made = {"arn": "arn:aws:mock:us-east-1:123456789012:" + args.name, "bucket": args.name}
            if args.typ.endswith(":Role"):
                made["arn"] = "arn:aws:iam::123456789012:role/" + args.name
            if args.typ.startswith("aws:sns/topic:"):
                made["arn"] = "arn:aws:sns:us-east-1:123456789012:" + args.name
            return args.name + "-id", {"name": args.name, **made, **args.inputs}

        def call(self, args):
            known = {
                "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
                "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["a", "b", "c"]},
            }
            return known[args.token]

    @pulumi.runtime.test
    def program():
        runpy.run_path(folder + "/__main__.py")
        return pulumi.Output.from_input(outputs).apply(outputs.update)

    pulumi.export = outputs.__setitem__
    config = {"test:weightsStaged": "true", "test:candidateRevision": "0123abc"}
    pulumi.runtime.set_all_config(config)
    pulumi.runtime.set_mocks(Mocks(), project="test", stack="test")
    sys.path.insert(0, folder)
    program()
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "components"]:
        del sys.modules[name]
    return {"resources": found, "outputs": outputs}

print(json.dumps([run(folder) for folder in sys.argv[1:]]))
"""
"""Runs programs in a process of their own: the SDK keeps its state in globals."""

Resource = Mapping[str, Any]


def run(*folders: Path) -> list[Mapping[str, Any]]:
    """Run programs under mocks; return what each registers, and its outputs."""
    command = [sys.executable, "-W", "ignore", "-c", RUNNER, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    found: list[Mapping[str, Any]] = json.loads(done.stdout, parse_float=_number)
    return found


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def of_type(ran: Mapping[str, Any], kind: str) -> list[Any]:
    """Return the inputs of the resources of a type: ``sagemaker/model:Model``."""
    return [one["inputs"] for one in ran["resources"] if one["type"] == f"aws:{kind}"]


# ---- the provider's words as those of the API ----------------------------------------------------

RENAMED = {
    "kmsKeyArn": "KmsKeyId",
    "routingConfigs": "RoutingConfig",
    "s3DataSources": "S3DataSource",
    "containerStartupHealthCheckTimeoutInSeconds": "ContainerStartupHealthCheckTimeoutInSeconds",
    "alarmDescription": "AlarmDescription",
}
ONE_OF_ONE = {"routingConfigs", "s3DataSources"}
"""Lists of the provider's that have one item, which the API has no list around."""
AS_THEY_ARE = {"environment", "dimensions", "tags"}
"""Maps whose keys are the user's own."""


def as_api(value: Any) -> Any:
    """Return inputs of the provider as the API has them."""
    if isinstance(value, list):
        return [as_api(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        name = RENAMED.get(key, key[0].upper() + key[1:])
        if key in ONE_OF_ONE:
            (only,) = item
            found[name] = as_api(only)
        elif key in AS_THEY_ARE:
            found[name] = item
        else:
            found[name] = as_api(item)
    return found


# ---- the API's own models ------------------------------------------------------------------------


@cache
def model(service: str) -> Mapping[str, Any]:
    """Return the shapes of an API, as botocore has them."""
    from botocore.loaders import Loader

    shapes: Mapping[str, Any] = Loader().load_service_model(service, "service-2")["shapes"]
    return shapes


def problems(service: str, shape: str, value: Any) -> list[str]:
    """Return what an API would refuse of ``value``: ranges, words, patterns, names, types."""
    return list(_problems(model(service), shape, value, shape))


def _problems(shapes: Mapping[str, Any], name: str, value: Any, path: str) -> Iterator[str]:
    shape = shapes[name]
    match shape["type"]:
        case "structure":
            yield from _structure(shapes, shape, value, path)
        case "list":
            yield from _sized(shape, len(value), path)
            for number, item in enumerate(value):
                yield from _problems(shapes, shape["member"]["shape"], item, f"{path}[{number}]")
        case "map":
            yield from _sized(shape, len(value), path)
            for key, item in value.items():
                yield from _problems(shapes, shape["key"]["shape"], key, f"{path}.{key}")
                yield from _problems(shapes, shape["value"]["shape"], item, f"{path}.{key}")
        case "string":
            yield from _string(shape, value, path)
        case kind:
            yield from _scalar(shape, SCALARS[kind], value, path)


SCALARS: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


def _scalar(
    shape: Mapping[str, Any], kinds: tuple[type, ...], value: Any, path: str
) -> Iterator[str]:
    if isinstance(value, bool) != (bool in kinds) or not isinstance(value, kinds):
        yield f"{path}: {value!r} is no {kinds[-1].__name__}"
    elif bool not in kinds:
        yield from _sized(shape, value, path)


def _structure(
    shapes: Mapping[str, Any], shape: Mapping[str, Any], value: Any, path: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no structure"
        return
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{path}: lacks {name}"
    for key, item in value.items():
        if key not in shape["members"]:
            yield f"{path}: knows no {key}"
        elif item is not None:
            yield from _problems(shapes, shape["members"][key]["shape"], item, f"{path}.{key}")


NOT_OURS = re.compile(r"\\p\{|\\u-|\\u(?![0-9A-Fa-f]{4})|\\ud8", re.IGNORECASE)
"""What a pattern of Java's has and Python's cannot."""


def _string(shape: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no text"
        return
    yield from _sized(shape, len(value), path)
    if "enum" in shape and value not in shape["enum"]:
        yield f"{path}: {value!r} is none of {len(shape['enum'])} words"
    pattern = shape.get("pattern", "")
    if pattern and not NOT_OURS.search(pattern) and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} is not {pattern}"


def _sized(shape: Mapping[str, Any], size: float, path: str) -> Iterator[str]:
    if size < shape.get("min", size) or size > shape.get("max", size):
        yield f"{path}: {size} is not within {shape.get('min')} and {shape.get('max')}"


# ---- CloudFormation, worked out ------------------------------------------------------------------


class Template:
    """A template whose expressions are worked out with made-up values."""

    def __init__(self, source: str, **parameters: str) -> None:
        self.document = json.loads(source)
        self.values: dict[str, Any] = {
            "AWS::Region": "us-east-1",
            "AWS::AccountId": "123456789012",
            "AWS::Partition": "aws",
            **{
                name: one.get("Default", "made-up")
                for name, one in self.document["Parameters"].items()
            },
            **parameters,
        }

    def of_type(self, kind: str) -> list[Any]:
        """Return the properties of the resources of a type: ``SageMaker::Model``."""
        return [
            self.value(one["Properties"])
            for one in self.document["Resources"].values()
            if one["Type"] == f"AWS::{kind}"
        ]

    def value(self, node: Any) -> Any:
        """Return a value with its expressions worked out."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        (name, inner), *others = node.items() or [("", None)]
        if others or name not in {"Ref", "Fn::Sub", "Fn::Join", "Fn::GetAtt", "Fn::Select"}:
            return {key: self.value(item) for key, item in node.items()}
        return self._worked_out(name, inner)

    def _worked_out(self, name: str, inner: Any) -> Any:
        match name:
            case "Ref":
                return self._named(inner)
            case "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._named(found[1])), inner)
            case "Fn::Join":
                return inner[0].join(str(self.value(part)) for part in inner[1])
            case "Fn::GetAtt":
                return self._named(".".join(inner))
            case _:
                return f"zone-{inner[0]}"

    def _named(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        resource, _, attribute = name.partition(".")
        kind = self.document["Resources"][resource]["Type"]  # a name that leads nowhere fails here
        if kind == "AWS::SageMaker::Endpoint" and attribute == "EndpointName":
            return self.value(self.document["Resources"][resource]["Properties"]["EndpointName"])
        if attribute == "Arn" and kind == "AWS::IAM::Role":
            return f"arn:aws:iam::123456789012:role/{resource}"
        if kind == "AWS::SNS::Topic":
            return f"arn:aws:sns:us-east-1:123456789012:{resource}"
        if attribute == "Arn":
            return f"arn:aws:mock:us-east-1:123456789012:{resource}"
        return resource
