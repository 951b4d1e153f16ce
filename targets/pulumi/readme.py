"""What to do with the emitted program."""

from collections.abc import Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.prerequisites import components as prerequisites
from inferc.targets.kubernetes.objects.prerequisites import secrets
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.pulumi.component import Component
from inferc.targets.pulumi.program import project_name
from inferc.targets.versions import PULUMI, PULUMI_KUBERNETES


def readme(
    topology: Topology, parts: Sequence[Serving], components: Sequence[Component], *, priced: bool
) -> str:
    """Return the README of the program."""
    sections = (
        _head(topology),
        _run(),
        _settings(topology),
        _outputs(priced=priced),
        _files(components),
        _components(parts),
        _secrets(parts),
        _operation(),
    )
    return "\n".join("\n".join(section) + "\n" for section in sections)


def _head(topology: Topology) -> list[str]:
    return [
        f"# {project_name(topology)} on Kubernetes, by Pulumi",
        "",
        "Creates the same objects as the target `kubernetes`. Change the `.infer` file and compile",
        "again; changes of your own belong into a transform or a program that imports components.",
        "",
        f"Plan `{topology.digest}`, verdict {topology.verdict.value}.",
    ]


def _run() -> list[str]:
    return [
        "## Run",
        "",
        "```sh",
        "python -m venv .venv && .venv/bin/pip install -r requirements.txt",
        ".venv/bin/python -m unittest discover tests   # no cluster needed",
        "pulumi stack init dev",
        "pulumi up",
        "```",
        "",
        f"Written for pulumi {PULUMI.version} and pulumi-kubernetes {PULUMI_KUBERNETES.version},",
        "Python 3.10 or later.",
    ]


def _settings(topology: Topology) -> list[str]:
    project = project_name(topology)
    protect = "`pulumi destroy` leaves the volumes of weights alone"
    return [
        "## Configuration",
        "",
        "| key | default | meaning |",
        "| --- | --- | --- |",
        f"| `{project}:context` | the current one | context of the kubeconfig |",
        f"| `{project}:protectWeights` | `false` | {protect} |",
        "",
        "Set one with `pulumi config set protectWeights true`.",
    ]


def _outputs(*, priced: bool) -> list[str]:
    cost = (
        "| `usdPerHour` | what each service costs an hour |"
        if priced
        else "No output tells the cost: the plan has no price for this hardware."
    )
    rows = [
        "## Outputs",
        "",
        "| output | meaning |",
        "| --- | --- |",
        "| `endpoints` | address of each service inside the cluster |",
        "| `planDigest`, `verdict` | which plan this is, and what it promises |",
        "| `predicted`, `sla` | predicted times at the peak, and the SLA they were planned for |",
        "| `accelerators` | how many there are at most |",
    ]
    return [*rows, cost] if priced else [*rows, "", cost]


def _files(components: Sequence[Component]) -> list[str]:
    return [
        "## Files",
        "",
        "| file | what |",
        "| --- | --- |",
        "| `__main__.py` | configuration, components, outputs |",
        *(
            f"| `components/{one.module}.py` | "
            f"{f'the service {one.label}' if one.label else 'what all services share'} |"
            for one in components
        ),
        "| `plan.json` | the plan that the program reads |",
        "| `tests/test_program.py` | the program run under mocks |",
    ]


def _components(parts: Sequence[Serving]) -> list[str]:
    return [
        "## What the cluster must have",
        "",
        "| component | at least | what for |",
        "| --- | --- | --- |",
        *(
            f"| [{one.title}]({one.where}) | {one.at_least} | {one.provides} |"
            for one in prerequisites(parts)
        ),
    ]


def _secrets(parts: Sequence[Serving]) -> list[str]:
    lines = ["## Secrets", "", "Made by hand or by another program, never by this one."]
    for secret in secrets(parts):
        kind = "optional" if secret.optional else "required"
        lines += ["", f"`{secret.name}` ({kind}) {secret.purpose}:"]
        lines += ["", "```sh", secret.command, "```"]
    return lines


def _operation() -> list[str]:
    return [
        "## In operation",
        "",
        "- Pulumi waits for an engine as long as the plan says that a cold start may take, not its",
        "  own ten minutes. The first `pulumi up` fetches the weights.",
        "- Where an autoscaler owns the replicas, Pulumi ignores changes of their number.",
        "- A protected volume does not survive the deletion of its namespace by other means.",
    ]
