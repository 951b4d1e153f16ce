"""The files of the emitted program beside its components."""

from collections.abc import Sequence

from inferc.compiler.topology import Topology
from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.pulumi.component import FOUNDATION, Component
from inferc.targets.pulumi.python import (
    Expression,
    array,
    call,
    dictionary,
    import_from,
    lay_out,
    literal,
)
from inferc.targets.versions import PULUMI, PULUMI_KUBERNETES


def project(topology: Topology) -> str:
    """Return `Pulumi.yaml`."""
    return to_yaml.dump(_project(topology))


def _project(topology: Topology) -> dict[str, Data]:
    about = " ".join(topology.doc.split())
    return {
        "name": project_name(topology),
        "description": about or f"Serves the models of {topology.name}",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
        "config": {
            "context": {
                "type": "string",
                "default": "",
                "description": "Context of the kubeconfig to deploy to; empty: the current one",
            },
            "protectWeights": {
                "type": "boolean",
                "default": False,
                "description": "Whether `pulumi destroy` leaves the volumes of weights alone",
            },
        },
    }


def project_name(topology: Topology) -> str:
    """Return the name of the project, under which its configuration is kept."""
    return dns_label(topology.name)


def requirements() -> str:
    """Return `requirements.txt`: the releases that the program is type-checked with."""
    return f"pulumi=={PULUMI.version}\npulumi-kubernetes=={PULUMI_KUBERNETES.version}\n"


def main(components: Sequence[Component], *, priced: bool) -> str:
    """Return `__main__.py`: configuration, components, outputs."""
    by_module = sorted(components, key=lambda one: one.module)
    lines = [
        '"""Creates the planned topology on Kubernetes. Generated: change the .infer file."""',
        "",
        "import json",
        "from pathlib import Path",
        "",
        "import pulumi",
        "import pulumi_kubernetes as k8s",
        "",
        *(line for one in by_module for line in _import(one)),
        "",
        "config = pulumi.Config()",
        'plan = json.loads(Path(__file__).with_name("plan.json").read_text("utf-8"))',
        'cluster = k8s.Provider("cluster", context=config.get("context") or None)',
        "on_cluster = pulumi.ResourceOptions(provider=cluster)",
    ]
    for one in components:
        lines += ["", *_construct(one)]
    return "\n".join([*lines, "", *_exports(components, priced=priced)]) + "\n"


def _import(component: Component) -> list[str]:
    names = (component.class_name, f"{component.class_name}Args")
    return import_from(f"components.{component.module}", names)


def _construct(component: Component) -> list[str]:
    """Return the statement that makes a component."""
    if not component.label:
        arguments: list[tuple[str, Expression]] = [("namespace", 'plan["namespace"]')]
    else:
        arguments = [("namespace", f"{FOUNDATION}.namespace_name")]
    known = {argument.name for argument in component.arguments}
    if "protect_weights" in known:
        asked = 'config.get_bool("protectWeights") or False'
        arguments.append(("protect_weights", asked))
    if "fences" in known:
        arguments.append(("fences", array([f"{FOUNDATION}.network_policy"])))
    construction = call(
        component.class_name,
        [
            ("", literal(component.label or FOUNDATION)),
            ("", call(f"{component.class_name}Args", arguments)),
            ("opts", "on_cluster"),
        ],
    )
    return lay_out(f"{component.variable} = ", construction)


def _exports(components: Sequence[Component], *, priced: bool) -> list[str]:
    """Return the statements that publish the stack's outputs."""
    endpoints = dictionary(
        (one.label, f"{one.variable}.endpoint") for one in components if one.label
    )
    each = "{{name: one[{}] for name, one in services.items()}}"
    outputs: list[tuple[str, Expression]] = [
        ("endpoints", endpoints),
        ("planDigest", 'plan["digest"]'),
        ("verdict", 'plan["verdict"]'),
        ("predicted", each.format('"predicted"')),
        ("sla", each.format('"sla"')),
        ("accelerators", "sum(accelerators)"),
    ]
    if priced:
        outputs.append(("usdPerHour", each.format('"usd_per_h"')))
    exports = (call("pulumi.export", [("", literal(name)), ("", value)]) for name, value in outputs)
    counts = '[one["accelerators_per_replica"] * one["max_replicas"] for one in services.values()]'
    return [
        'services = plan["services"]',
        f"accelerators = {counts}",
        *(line for export in exports for line in lay_out("", export)),
    ]
