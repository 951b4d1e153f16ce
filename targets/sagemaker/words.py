"""What people read and run beside the program: README, preflight, staging of weights."""

import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inferc.compiler.model import Objective
from inferc.targets.render import render
from inferc.targets.sagemaker.alarms import unwatched
from inferc.targets.sagemaker.deployment import ASYNCHRONOUS, COMPONENTS, VARIANT, Deployment
from inferc.targets.sagemaker.deployment import Endpoint as PlannedEndpoint
from inferc.targets.sagemaker.images import registry
from inferc.targets.sagemaker.program import project_name
from inferc.targets.versions import PULUMI, PULUMI_AWS

KINDS: Mapping[str, str] = {
    VARIANT: "real-time, one replica an instance",
    COMPONENTS: "real-time, replicas share instances",
    ASYNCHRONOUS: "asynchronous, scales to zero",
}


class Row(NamedTuple):
    """What a table says of one endpoint."""

    label: str
    kind: str
    instance: str
    at_first: int
    scaled: str
    during_update: int
    price: str


class Line(NamedTuple):
    """A line of the SLA of one endpoint."""

    label: str
    text: str


def words(planned: Deployment) -> Mapping[str, str]:
    """Return the files that are read or run by hand, by their paths."""
    return {
        "README.md": render("sagemaker/README.md", _readme(planned)),
        "preflight.sh": render("sagemaker/preflight.sh", _preflight(planned)),
        "stage_weights.sh": render("sagemaker/stage_weights.sh", _staging(planned)),
    }


def _readme(planned: Deployment) -> Mapping[str, object]:
    endpoints = planned.endpoints
    return {
        "project": project_name(planned),
        "digest": planned.topology.digest,
        "verdict": planned.topology.verdict.value,
        "region": planned.region,
        "pulumi": PULUMI,
        "pulumi_aws": PULUMI_AWS,
        "rows": [_row(one) for one in endpoints],
        "quota": list(planned.quota.items()),
        "unwatched": [
            Line(one.label, _said(line)) for one in endpoints for line in unwatched(one.plan)
        ],
        "priced": any(one.usd_per_h is not None for one in endpoints),
        "vpc": planned.choices.vpc,
        "registered": planned.choices.registry,
        "shadow": next((one.label for one in endpoints if one.shadow_percent), ""),
        "queued": [one.label for one in endpoints if one.kind == ASYNCHRONOUS],
        "whole": planned.has(VARIANT, ASYNCHRONOUS),
        "shared": planned.has(COMPONENTS),
        "sleeping": [one.label for one in endpoints if one.scaling.wakes],
        "images": sorted({one.image_uri for one in endpoints}),
        "streams": planned.has(VARIANT, COMPONENTS),
    }


def _row(one: PlannedEndpoint) -> Row:
    scale = one.scaling
    unit = "copies" if one.kind == COMPONENTS else "instances"
    scaled = f"{scale.minimum} to {scale.maximum} {unit}" if scale.scales else f"always {unit}"
    return Row(
        label=one.label,
        kind=KINDS[one.kind],
        instance=one.instance_type,
        at_first=one.instances,
        scaled=scaled if scale.scales else f"always {scale.maximum} {unit}",
        during_update=one.instances_during_update,
        price="" if one.usd_per_h is None else f"${one.usd_per_h:.2f}",
    )


def _said(line: Objective) -> str:
    share = "" if line.percentile is None else f"p{line.percentile * 100:g} "
    return f"{share}{line.metric} {line.operator} {line.limit.text}"


def _preflight(planned: Deployment) -> Mapping[str, object]:
    return {
        "region": planned.region,
        "needs": list(_needs(planned)),
    }


def _needs(planned: Deployment) -> Iterator[tuple[str, str]]:
    """Yield what must be there, and the command that succeeds if it is."""
    region = shlex.quote(planned.region)
    yield "credentials", "aws sts get-caller-identity"
    yield f"region {planned.region}", f"aws ec2 describe-availability-zones --region {region}"
    for kind, count in planned.quota.items():
        yield f"quota for {count} x {kind} for endpoint usage", f"quota {kind} {count}"
    account = registry(planned.region) or ""
    for image in sorted({(one.image.repository, one.image.tag) for one in planned.endpoints}):
        yield f"image {image[0]}:{image[1]}", f"image {account} {image[0]} {image[1]}"


def _staging(planned: Deployment) -> Mapping[str, object]:
    found = {
        (one.serving.repository, one.serving.revision or "main", one.weights_prefix)
        for one in planned.endpoints
    }
    return {"models": sorted(found), "region": planned.region}
