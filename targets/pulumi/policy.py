"""The policy pack that is emitted beside the program: rules, and the bounds of the plan."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from inferc.compiler.model import Objective
from inferc.compiler.topology import Topology
from inferc.compiler.units import from_unit
from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.split import roles
from inferc.targets.pulumi.plan_file import usd_per_h
from inferc.targets.render import render
from inferc.targets.versions import PULUMI, PULUMI_POLICY

ENFORCED: Final = "pod-security.kubernetes.io/enforce"
RESTRICTED: Final = "restricted"
OPEN: Final = ("LoadBalancer", "NodePort")


def policy_files(layout: Layout, manifests: Sequence[Manifest]) -> Mapping[str, str]:
    """Return the files of the pack, and of its tests."""
    return {
        "policy/PulumiPolicy.yaml": to_yaml.dump(_project(layout.topology)),
        "policy/__main__.py": render("pulumi/policy_main.py", {}),
        "policy/limits.json": _dump(_limits(layout, manifests)),
        "policy/requirements.txt": requirements(),
        "policy/rules.py": render("pulumi/rules.py", {}),
        "tests/test_policy.py": render("pulumi/test_policy.py", {}),
    }


def requirements() -> str:
    """Return what the pack runs with."""
    return f"pulumi=={PULUMI.version}\npulumi-policy=={PULUMI_POLICY.version}\n"


def _project(topology: Topology) -> Mapping[str, Data]:
    return {
        "description": f"Holds what is created to the plan of {topology.name}",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
    }


def _dump(document: Mapping[str, Data]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _limits(layout: Layout, manifests: Sequence[Manifest]) -> Mapping[str, Data]:
    """Return the bounds of the plan."""
    objectives = [margin.objective for one in layout.deployed for margin in one.plan.margins]
    shared = [line.budget_usd_per_s for line in objectives if line.budget_usd_per_s is not None]
    return {
        "pack": f"{dns_label(layout.topology.name)}-plan",
        "digest": layout.topology.digest,
        "services": {one.name: _service(one) for one in layout.deployed},
        "budget_usd_per_h": min(shared) * from_unit(1.0, "h") if shared else None,
        "open_services": [
            one.name for one in manifests if one.kind == "Service" and _type(one) in OPEN
        ],
        "memory_may_be_locked": any(
            one.labels.get(ENFORCED, RESTRICTED) != RESTRICTED
            for one in manifests
            if one.kind == "Namespace"
        ),
    }


def _service(one: Deployed) -> Mapping[str, Data]:
    cost, budgets = (
        usd_per_h(one.plan),
        map(_budget, (margin.objective for margin in one.plan.margins)),
    )
    stated = [limit for limit in budgets if limit is not None]
    return {
        "resource": one.gpu_resource,
        "accelerators_per_replica": one.replica_gpus,
        "accelerators_by_role": _by_role(one),
        "min_replicas": one.min_replicas if one.scaler else one.replicas,
        "max_replicas": one.max_replicas if one.scaler else one.replicas,
        "usd_per_replica_h": None if cost is None else cost / one.plan.configuration.replicas,
        "budget_usd_per_h": min(stated, default=None),
    }


def _by_role(one: Deployed) -> Mapping[str, Data]:
    """Return the accelerators of a replica of each role, where one computes only prompts."""
    if not isinstance(one, Serving) or not one.is_split:
        return {}
    return {name: part.replica_gpus for name, part in roles(one).items()}


def _budget(line: Objective) -> float | None:
    """Return what a line of an SLA lets a service cost an hour; None for other lines."""
    alone = line.metric == "cost" and not line.counts and line.budget_usd_per_s is None
    if not (alone and line.hard and line.operator in ("<", "<=")):
        return None
    return line.limit.value * from_unit(1.0, "h")


def _type(service: Manifest) -> Data:
    spec = service.body.get("spec")
    return spec.get("type") if isinstance(spec, Mapping) else None
