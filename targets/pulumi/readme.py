"""What to do with the emitted program."""

from collections.abc import Sequence

from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.prerequisites import components as prerequisites
from inferc.targets.kubernetes.objects.prerequisites import secrets
from inferc.targets.pulumi.grouping import Component
from inferc.targets.pulumi.program import SETTINGS, project_name
from inferc.targets.pulumi.secrets import SecretKey, config_key
from inferc.targets.render import render
from inferc.targets.versions import PULUMI, PULUMI_KUBERNETES


def readme(
    layout: Layout,
    components: Sequence[Component],
    keys: Sequence[SecretKey],
    *,
    priced: bool,
    eks: bool = False,
) -> str:
    """Return the README of the program."""
    topology = layout.topology
    values = {
        "project": project_name(topology),
        "digest": topology.digest,
        "verdict": topology.verdict.value,
        "pulumi": PULUMI,
        "pulumi_kubernetes": PULUMI_KUBERNETES,
        "priced": priced,
        "eks": eks,
        "components": components,
        "settings": [
            {"key": key, "default": str(default).lower() or "none", "meaning": meaning}
            for key, (_, default, meaning) in SETTINGS.items()
        ],
        "example": layout.deployed[0].name if layout.deployed else "NAME",
        "keys": [
            {"name": one.secret, "key": one.key, "config": config_key(one, keys)}
            | {"optional": one.optional}
            for one in keys
        ],
        "prerequisites": prerequisites(layout.servings),
        "secrets": secrets(layout.servings),
    }
    return render("pulumi/README.md", values)
