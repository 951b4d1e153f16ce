"""The plan that the program reads, as JSON: what is deployed, what is promised, what it costs."""

import json
from collections.abc import Mapping
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.plan_data import predicted, sla_line
from inferc.targets.sagemaker.deployment import Deployment, Endpoint
from inferc.targets.sagemaker.images import domain, partition, registry

FORMAT_VERSION: Final = "1.0"
"""A minor step only adds members, a major one may change their meaning."""


def plan_document(planned: Deployment) -> str:
    """Return the plan of ``planned``; the suffix of each key names its unit."""
    topology = planned.topology
    document: dict[str, Data] = {
        "format_version": FORMAT_VERSION,
        "topology": dns_label(topology.name),
        "doc": topology.doc,
        "digest": topology.digest,
        "verdict": topology.verdict.value,
        "region": planned.region,
        "partition": partition(planned.region),
        "domain": domain(planned.region),
        "registry_account": registry(planned.region) or "",
        "private_network": planned.choices.vpc,
        "registered": planned.choices.registry,
        "quota": planned.quota,
        "repositories": planned.repositories,
        "weights_prefixes": planned.readable_prefixes,
        "endpoints": {one.label: _endpoint(one) for one in planned.endpoints},
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _endpoint(one: Endpoint) -> Mapping[str, Data]:
    plan = one.plan
    shadow: Data = None
    if one.shadow_percent:
        shadow = {"percent": one.shadow_percent, "instances": one.shadow_instances}
    return {
        "service": plan.service.name,
        "model": plan.service.model_name,
        "engine": plan.configuration.engine,
        "precision": plan.configuration.precision,
        "kind": one.kind,
        "image": one.image_uri,
        "ami": one.ami,
        "instance_type": one.instance_type,
        "instances": one.instances,
        "accelerators_per_copy": one.serving.gpus,
        "copies": one.copies,
        "environment": dict(one.environment),
        "weights_repository": one.serving.repository,
        "weights_revision": one.serving.revision,
        "weights_prefix": one.weights_prefix,
        "startup_s": one.startup_s,
        "download_s": one.download_s,
        "max_concurrent": one.max_concurrent,
        "shadow": shadow,
        "scaling": _scaling(one),
        "rollout": {
            "canary_instances": one.rollout.canary_instances,
            "bake_s": one.rollout.bake_s,
            "execution_s": one.rollout.execution_s,
        },
        "alarms": [
            {
                "name": alarm.name,
                "metric": alarm.metric,
                "statistic": alarm.statistic,
                "threshold": alarm.threshold,
                "text": alarm.text,
                "undoes": alarm.undoes,
            }
            for alarm in one.alarms
        ],
        "predicted": predicted(plan.estimate),
        "sla": [sla_line(margin) for margin in plan.margins],
        "usd_per_h": one.usd_per_h,
    }


def _scaling(one: Endpoint) -> Mapping[str, Data]:
    scale = one.scaling
    return {
        "dimension": scale.dimension,
        "minimum": scale.minimum,
        "maximum": scale.maximum,
        "metric": scale.metric,
        "customized": scale.customized,
        "target": scale.target,
        "scale_in_s": scale.scale_in_s,
        "scale_out_s": scale.scale_out_s,
        "wakes": scale.wakes,
    }
