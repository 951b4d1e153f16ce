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
from inferc.targets.render import render
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
    values = {
        "imports": [line for one in by_module for line in _import(one)],
        "components": ["\n".join(_construct(one)) for one in components],
        "export_endpoints": "\n".join(_export_endpoints(components)),
        "priced": priced,
    }
    return render("pulumi/__main__.py", values)


def tests(topology: Topology) -> str:
    """Return `tests/test_program.py`: the program run under mocks."""
    return render("pulumi/test_program.py", {"project": literal(project_name(topology))})


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


def _export_endpoints(components: Sequence[Component]) -> list[str]:
    """Return the statement that publishes the addresses of the services."""
    endpoints = dictionary(
        (one.label, f"{one.variable}.endpoint") for one in components if one.label
    )
    return lay_out("", call("pulumi.export", [("", literal("endpoints")), ("", endpoints)]))
