"""A topology as a kustomize tree."""

from collections.abc import Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets import to_yaml
from inferc.targets.base import Artifact, Data, Emitted, Options
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.files import EXTRA_FILES, header
from inferc.targets.kubernetes.objects import (
    CLUSTER,
    Layout,
    Manifest,
    build_objects,
    cluster_objects,
    layout_of,
    refuse,
)
from inferc.targets.kubernetes.objects.concerns import FILES, TITLES
from inferc.targets.sharing import refusals

KUSTOMIZATION = "kustomization.yaml"


class KubernetesTarget:
    """Kubernetes manifests, checked before they are written."""

    name: str = "kubernetes"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        missing = refusals(topology, self.name)
        if missing:
            return Emitted(artifacts=(), diagnostics=missing)
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
    """Return the files of the tree, and of that of the cluster's owner, which it never names."""
    trees = {
        "": (_texts(layout, manifests), "All objects of the topology"),
        f"{CLUSTER}/": (_texts(layout, own), TITLES[CLUSTER]),
    }
    found = {
        path: Artifact(path=path, content=text.encode())
        for folder, (texts, title) in trees.items()
        if texts
        for path, text in {
            **texts,
            folder + KUSTOMIZATION: _kustomization(layout, title, tuple(texts), folder),
        }.items()
    }
    found |= {one.path: one for files in EXTRA_FILES for one in files(layout, manifests)}
    return tuple(found[path] for path in sorted(found))


def _texts(layout: Layout, manifests: Sequence[Manifest]) -> Mapping[str, str]:
    """Return the files of ``manifests``: one for each concern that has any."""
    groups = {
        concern: [one.document() for one in manifests if one.concern == concern]
        for concern in FILES
    }
    return {
        FILES[concern]: header(layout.topology, TITLES[concern]) + to_yaml.dump_all(documents)
        for concern, documents in groups.items()
        if documents
    }


def _kustomization(layout: Layout, title: str, files: Sequence[str], folder: str) -> str:
    document: dict[str, Data] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [name.removeprefix(folder) for name in files],
    }
    return header(layout.topology, title) + to_yaml.dump(document)


TARGET = KubernetesTarget()
