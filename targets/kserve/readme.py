"""What to do with the emitted tree."""

from inferc.targets.kserve.services import LLM_KIND
from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.render import render
from inferc.targets.versions import KSERVE


def readme(layout: Layout, kind: str, *, cluster: str) -> str:
    """Return the README of the output; ``cluster`` are the kinds that belong to all of it."""
    values = {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "namespace": layout.namespace,
        "cluster_objects": cluster,
        "kind": kind,
        "is_llm": kind == LLM_KIND,
        "components": (KSERVE, *components(layout.servings)),
        "secrets": secrets(layout.servings),
        "services": [
            {
                "name": one.name,
                "model": one.plan.service.model_name,
                "patience": f"{one.progress_s}s",
                "scheduled": one.plan.autoscale.schedule is not None,
            }
            for one in layout.servings
        ],
    }
    return render("kserve/README.md", values)
