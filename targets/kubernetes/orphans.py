"""A script that lists what earlier plans of a topology left in the cluster, and changes nothing.

``kubectl apply`` adds and changes, and never deletes: a service that is gone from the file goes on
serving, and costs what it did. ``kubectl apply --prune`` would delete its volume with the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.render import render
from inferc.targets.versions import API_VERSIONS

ORPHANS_FILE: Final = "orphans.sh"

VOLUMES: Final = "persistentvolumeclaim"
"""The one kind whose objects hold data: it is listed apart."""


def orphans(
    manifests: Sequence[Manifest], *, namespace: str, labels: Mapping[str, str], header: str
) -> str:
    """Return the script.

    Args:
        manifests: All that the topology consists of now, cluster-scoped objects too.
        namespace: Where to look; what is cluster-scoped is found anyway.
        labels: Those that every object of the topology has, and of others none.
        header: The comments that every file begins with.
    """
    values = {
        "header": header,
        "namespace": namespace,
        "selector": ",".join(f"{name}={value}" for name, value in sorted(labels.items())),
        "kinds": sorted(resource(kind, version) for kind, version in API_VERSIONS.items()),
        "planned": sorted(f"{resource(one.kind, one.api_version)}/{one.name}" for one in manifests),
        "volumes": VOLUMES,
    }
    return render("kubernetes/orphans.sh", values)


def resource(kind: str, api_version: str) -> str:
    """Return a kind as kubectl writes and reads it: ``deployment.apps``, ``service``."""
    group = api_version.rpartition("/")[0]
    return f"{kind.lower()}.{group}" if group else kind.lower()
