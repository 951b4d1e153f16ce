"""Names of nodes of the graph."""

from inferc.compiler.topology.placement import Slot


def join(*parts: str) -> str:
    """Return a node's id: ``parts`` with slashes between them, and none inside a part."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def service_id(service: str) -> str:
    """Return the id of the node of a service."""
    return join(service, "service")


def replica_id(service: str, index: int) -> str:
    """Return the id of the node of a replica."""
    return join(service, f"replica-{index}")


def prefill_id(service: str, index: int) -> str:
    """Return the id of the node of a replica that only computes prompts."""
    return join(service, f"prefill-{index}")


def host_id(place: str, node: int) -> str:
    """Return the id of a host: ``dc1.gpu/node-0``."""
    return join(place, f"node-{node}")


def gpu_id(place: str, slot: Slot) -> str:
    """Return the id of an accelerator: ``dc1.gpu/node-0/gpu-3``."""
    return join(place, f"node-{slot.node}", f"gpu-{slot.index}")
