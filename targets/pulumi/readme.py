"""What to do with the emitted program."""

from collections.abc import Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.prerequisites import components as prerequisites
from inferc.targets.kubernetes.objects.prerequisites import secrets
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.pulumi.component import Component
from inferc.targets.pulumi.program import project_name
from inferc.targets.render import render
from inferc.targets.versions import PULUMI, PULUMI_KUBERNETES


def readme(
    topology: Topology, parts: Sequence[Serving], components: Sequence[Component], *, priced: bool
) -> str:
    """Return the README of the program."""
    values = {
        "project": project_name(topology),
        "digest": topology.digest,
        "verdict": topology.verdict.value,
        "pulumi": PULUMI,
        "pulumi_kubernetes": PULUMI_KUBERNETES,
        "priced": priced,
        "components": components,
        "prerequisites": prerequisites(parts),
        "secrets": secrets(parts),
    }
    return render("pulumi/README.md", values)
