"""What to do with the emitted tree."""

from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.ray_serve import cluster
from inferc.targets.render import render
from inferc.targets.versions import KEDA, KUBERAY, PROMETHEUS_ADAPTER


def readme(layout: Layout, operator: str, *, shared: str) -> str:
    """Return the README of the output; ``shared`` are the kinds that belong to all the cluster."""
    foreign = {KEDA.title, PROMETHEUS_ADAPTER.title}
    needed = (one for one in components(layout.servings) if one.title not in foreign)
    values = {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "namespace": layout.namespace,
        "cluster_objects": shared,
        "operator": operator,
        "components": (KUBERAY, *needed),
        "secrets": secrets(layout.servings),
        "services": [
            {
                "name": one.name,
                "model": one.plan.service.model_name,
                "patience": f"{one.progress_s}s",
                "least": cluster.workers(one)[0],
                "most": cluster.workers(one)[1],
                "gpus": one.gpus,
                "replaced": cluster.upgrade(one) == "NewCluster",
                "scheduled": bool(one.scaler) and one.plan.autoscale.schedule is not None,
            }
            for one in layout.servings
        ],
    }
    return render("ray_serve/README.md", values)
