"""The plan that the program reads: decisions, predictions and costs, as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import from_unit
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.plan_data import finite, predicted, sla_line, times
from inferc.targets.pulumi.secrets import SecretKey, config_key

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

FORMAT_VERSION = "1.0"
"""A minor step only adds members, a major one may change their meaning."""


def plan_file(
    topology: Topology,
    parts: Sequence[Deployed],
    secrets: Sequence[SecretKey] = (),
    doors: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return the plan of ``topology`` as JSON; base units, named by the suffix of each key."""
    document: dict[str, Data] = {
        "format_version": FORMAT_VERSION,
        "topology": topology.name,
        "doc": topology.doc,
        "digest": topology.digest,
        "verdict": topology.verdict.value,
        "namespace": parts[0].namespace if parts else "",
        "services": {part.name: _service(part) for part in parts},
        "public_endpoints": {name: list(urls) for name, urls in (doors or {}).items()},
        "secrets": [
            {
                "name": one.secret,
                "type": one.type,
                "key": one.key,
                "config": config_key(one, secrets),
                "optional": one.optional,
            }
            for one in secrets
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _service(part: Deployed) -> Mapping[str, Data]:
    plan, shape = part.plan, part.plan.configuration
    return {
        "name": plan.service.name,
        "model": plan.service.model_name,
        "verdict": plan.verdict.value,
        "engine": shape.engine,
        "precision": shape.precision,
        **_parallelism(plan),
        "accelerator": part.place.accelerator.title,
        "accelerator_resource": part.gpu_resource,
        "accelerators_per_replica": part.replica_gpus,
        "replicas": part.replicas,
        "min_replicas": part.min_replicas if part.scaler else part.replicas,
        "max_replicas": part.max_replicas if part.scaler else part.replicas,
        "load_time_s": plan.load_time_s,
        "predicted": _predictions(plan),
        "sla": [sla_line(margin) for margin in plan.margins],
        "usd_per_h": usd_per_h(plan),
    }


def _parallelism(plan: "ServicePlan | NetworkPlan") -> Mapping[str, Data]:
    """Return over how many accelerators a replica of a language model is spread."""
    if not isinstance(plan, ServicePlan):
        return {}
    shape = plan.configuration
    return {
        "tensor_parallel": shape.tensor_parallel,
        "pipeline_parallel": shape.pipeline_parallel,
    }


def _predictions(plan: "ServicePlan | NetworkPlan") -> Mapping[str, Data]:
    """Return the predicted times at the peak; null where a queue grows without end."""
    if not isinstance(plan, ServicePlan):
        return {"latency_s": times(plan.estimate.latency_s)}
    return predicted(plan.estimate)


def usd_per_h(plan: "ServicePlan | NetworkPlan") -> float | None:
    """Return what the service costs an hour; None where nobody gave a price."""
    price = plan.price_usd_per_s
    return None if price is None else finite(price * from_unit(1.0, "h"))
