"""Shared accelerators on Kubernetes: what pods ask for."""

NVIDIA = "nvidia.com"
SHARED_SUFFIX = ".shared"


def resource_name(whole: str, *, mode: str = "whole", profile: str = "") -> str:
    """Return the extended resource that a pod asks for: a GPU, a part of one, or a turn on one.

    ``whole`` is what an accelerator is called where it is not shared: ``nvidia.com/gpu``. Parts are
    named by their profile under the mixed strategy of the device plugin; turns have a name of their
    own where its configuration has ``renameByDefault``, so that nobody gets one by mistake.

    Source: NVIDIA k8s-device-plugin, README, sections on MIG and on shared access to GPUs,
    https://github.com/NVIDIA/k8s-device-plugin.
    """
    match mode:
        case "mig":
            return f"{NVIDIA}/mig-{profile.replace('+', '.')}"
        case "time_slice":
            return f"{whole}{SHARED_SUFFIX}"
        case _:
            return whole
