"""Objects as a kustomize tree: a file for each concern, and the list of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inferc.targets import to_yaml
from inferc.targets.heading import heading
from inferc.targets.kubernetes.objects import CLUSTER, Layout, Manifest
from inferc.targets.kubernetes.objects.concerns import FILES, TITLES

if TYPE_CHECKING:
    from inferc.targets.base import Data

KUSTOMIZATION = "kustomization.yaml"


def tree(
    layout: Layout, manifests: Sequence[Manifest], own: Sequence[Manifest]
) -> Mapping[str, str]:
    """Return the files of the tree, and of that of the cluster's owner, which it never names."""
    trees = {
        "": (_texts(layout, manifests), "All objects of the topology"),
        f"{CLUSTER}/": (_texts(layout, own), TITLES[CLUSTER]),
    }
    return {
        path: text
        for folder, (texts, title) in trees.items()
        if texts
        for path, text in {
            **texts,
            folder + KUSTOMIZATION: _kustomization(layout, title, tuple(texts), folder),
        }.items()
    }


def _texts(layout: Layout, manifests: Sequence[Manifest]) -> Mapping[str, str]:
    """Return the files of ``manifests``: one for each concern that has any."""
    groups = {
        concern: [one.document() for one in manifests if one.concern == concern]
        for concern in FILES
    }
    return {
        FILES[concern]: heading(layout.topology, TITLES[concern]) + to_yaml.dump_all(documents)
        for concern, documents in groups.items()
        if documents
    }


def _kustomization(layout: Layout, title: str, files: Sequence[str], folder: str) -> str:
    document: dict[str, Data] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [name.removeprefix(folder) for name in files],
    }
    return heading(layout.topology, title) + to_yaml.dump(document)
