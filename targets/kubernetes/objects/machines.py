"""What pods may ask of a machine whose size is known: beyond it no scheduler can place them.

Every accelerator of a machine has an equal part of what is left of it beside the system and one
download, which must find room while engines hold all accelerators.
"""

import math

from inferc.compiler.model import Place
from inferc.compiler.units import to_unit

SYSTEM_PART = 0.1
"""Of a machine, for kubelet, system and the daemons of the cluster.

Source: what Amazon EKS, Google GKE and Azure AKS keep back of a node of 4 processors and 16 GiB is
2 to 5 % of the processors and 6 to 17 % of the memory.
"""
DOWNLOAD_CPUS = 2
DOWNLOAD_MEMORY_GIB = 8
DOWNLOAD_PART = 0.25
"""Of a small machine, that a download may take at most."""
LEAST_MEMORY_GIB = 4
"""With less no engine starts, so that a smaller machine is left to say so itself."""


def engine_cpus(place: Place, gpus: int, wanted: int) -> int:
    """Return how many of the ``wanted`` processors an engine on ``gpus`` accelerators can have."""
    if not place.vcpus:
        return wanted
    free = place.vcpus * (1 - SYSTEM_PART) - download_cpus(place)
    return max(1, min(wanted, math.floor(free * gpus / place.per_node)))


def engine_memory_gib(place: Place, gpus: int, wanted: int) -> int:
    """Return how much of the ``wanted`` memory an engine on ``gpus`` accelerators can have."""
    if not place.memory_bytes:
        return wanted
    whole_gib = to_unit(place.memory_bytes, "GiB")
    free_gib = whole_gib * (1 - SYSTEM_PART) - download_memory_gib(place)
    share_gib = math.floor(free_gib * gpus / place.per_node)
    return min(wanted, max(LEAST_MEMORY_GIB, share_gib))


def download_cpus(place: Place) -> int:
    """Return the processors that a download asks for."""
    if not place.vcpus:
        return DOWNLOAD_CPUS
    return max(1, min(DOWNLOAD_CPUS, math.floor(place.vcpus * DOWNLOAD_PART)))


def download_memory_gib(place: Place) -> int:
    """Return the memory that a download may take."""
    if not place.memory_bytes:
        return DOWNLOAD_MEMORY_GIB
    whole_gib = to_unit(place.memory_bytes, "GiB")
    return max(1, min(DOWNLOAD_MEMORY_GIB, math.floor(whole_gib * DOWNLOAD_PART)))
