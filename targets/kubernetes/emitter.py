"""A topology as a kustomize tree."""

from collections.abc import Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.files import EXTRA_FILES
from inferc.targets.kubernetes.objects import (
    Layout,
    Manifest,
    build_objects,
    cluster_objects,
    layout_of,
    refuse,
)
from inferc.targets.kubernetes.tree import tree


class KubernetesTarget:
    """Kubernetes manifests, checked before they are written."""

    name: str = "kubernetes"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        refused = refuse(topology, options)
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        manifests = build_objects(topology, options)
        wrong: tuple[Diagnostic, ...] = check(manifests, topology, options)
        if has_errors(wrong):
            return Emitted(artifacts=(), diagnostics=(*refused, *wrong))
        layout = layout_of(topology, options)
        own = cluster_objects(topology, options)
        return Emitted(artifacts=_artifacts(layout, manifests, own), diagnostics=refused)


def _artifacts(
    layout: Layout, manifests: Sequence[Manifest], own: Sequence[Manifest]
) -> tuple[Artifact, ...]:
    """Return the tree with what stands beside it."""
    found = {
        path: Artifact(path=path, content=text.encode())
        for path, text in tree(layout, manifests, own).items()
    }
    found |= {one.path: one for files in EXTRA_FILES for one in files(layout, manifests)}
    return tuple(found[path] for path in sorted(found))


TARGET = KubernetesTarget()
