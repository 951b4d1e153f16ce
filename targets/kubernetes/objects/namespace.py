"""The namespace: a fence around the topology."""

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.versions import KUBERNETES

ENFORCED = "pod-security.kubernetes.io/enforce"
RESTRICTED = "restricted"
PRIVILEGED = "privileged"


def namespace(topology: Topology, name: str, *, level: str = RESTRICTED) -> Manifest:
    """Return the namespace, in which pods must meet ``level``.

    What does not meet the level ``restricted`` is audited and warned of in any case.
    """
    levels = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (
            ("", level if mode == "enforce" else RESTRICTED),
            ("-version", f"v{KUBERNETES.at_least}"),
        )
    }
    return Manifest(
        api_version=api_version("Namespace"),
        kind="Namespace",
        name=name,
        namespace="",
        concern="namespace",
        labels={
            "app.kubernetes.io/part-of": dns_label(topology.name),
            "app.kubernetes.io/managed-by": "inferc",
            **levels,
        },
    )
