"""What to do with the values, and with the objects around the engines."""

from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.llm_d.values import deployment, fullname, router_release
from inferc.targets.render import render
from inferc.targets.versions import (
    HELM,
    INFERENCE_EXTENSION,
    LLM_D_MODELSERVICE,
    LLM_D_ROUTER,
)


def readme(layout: Layout, *, gateway: str, cluster: str) -> str:
    """Return the README of the output; ``cluster`` are the kinds that belong to all of it."""
    values = {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "namespace": layout.namespace,
        "cluster_objects": cluster,
        "gateway": gateway,
        "modelservice": LLM_D_MODELSERVICE,
        "router": LLM_D_ROUTER,
        "components": (HELM, INFERENCE_EXTENSION, *components(layout.servings)),
        "secrets": secrets(layout.servings),
        "services": [
            {
                "name": one.name,
                "release": fullname(one),
                "router": router_release(one),
                "deployment": deployment(one),
                "model": one.plan.service.model_name,
                "progress_s": one.progress_s,
                "scaled": bool(one.scaler),
            }
            for one in layout.servings
        ],
    }
    return render("llm_d/README.md", values)
