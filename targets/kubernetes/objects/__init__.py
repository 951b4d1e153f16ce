"""The objects of the Kubernetes target, as typed values that other targets may use too."""

from inferc.targets.kubernetes.objects.build import CONCERNS, build_objects
from inferc.targets.kubernetes.objects.manifest import Body, Manifest
from inferc.targets.kubernetes.objects.refusals import refuse

__all__ = ["CONCERNS", "Body", "Manifest", "build_objects", "refuse"]
