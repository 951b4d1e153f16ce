"""The objects of the Kubernetes target, as typed values that other targets may use too."""

from inferc.targets.kubernetes.objects.build import build_objects, cluster_objects
from inferc.targets.kubernetes.objects.concerns import CLUSTER, CONCERNS
from inferc.targets.kubernetes.objects.layout import Layout, layout_of
from inferc.targets.kubernetes.objects.manifest import Body, Manifest
from inferc.targets.kubernetes.objects.refusals import refuse

__all__ = [
    "CLUSTER",
    "CONCERNS",
    "Body",
    "Layout",
    "Manifest",
    "build_objects",
    "cluster_objects",
    "layout_of",
    "refuse",
]
