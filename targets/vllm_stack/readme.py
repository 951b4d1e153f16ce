"""What to do with the values."""

from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.render import render
from inferc.targets.versions import HELM, VLLM_STACK
from inferc.targets.vllm_stack.names import names, release

PROGRESS_S = 1200
"""After which a rollout of the chart says that it makes no progress; it is no value."""


def readme(layout: Layout, *, has_router: bool) -> str:
    """Return the README of the output."""
    values = {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "namespace": layout.namespace,
        "has_namespace": layout.choices.create_namespace,
        "release": release(layout),
        "chart": VLLM_STACK,
        "has_router": has_router,
        "components": (HELM, *components(layout.servings)),
        "secrets": secrets(layout.servings),
        "services": [
            {
                "name": one.name,
                "model": one.plan.service.model_name,
                "address": names(layout, one).service,
                "deployment": names(layout, one).deployment,
                "slow": one.progress_s > PROGRESS_S,
                "progress_s": one.progress_s,
                "drain_s": one.drain_s,
                "scaled": bool(one.scaler),
            }
            for one in layout.servings
        ],
        "surges": all(one.can_surge for one in layout.servings),
    }
    return render("vllm_stack/README.md", values)
