"""Messages between accelerators, by latency and bandwidth of what joins them.

Source: Hockney, The communication challenge for MPP (1994); Thakur, Rabenseifner, Gropp,
Optimization of Collective Communication Operations in MPICH (2005).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inferc.compiler.model import Accelerator, Link, Place

LARGEST_NODE = 16
"""The most accelerators that one server holds (NVIDIA DGX-2, AWS trn1.32xlarge): a link that joins
more of them, as in a GB200 NVL72 rack or a TPU pod, joins several nodes."""

STAGED_SHARE = 0.6
"""Of the bus's bandwidth that is left where peers cannot reach each other and every byte is written
to the host's memory and read from there. Eight RTX 5090 on PCIe 5.0 reduce at 28 GB/s and four at
35 GB/s: 0.59 and 0.74 of 63 GB/s times the share that links reach with peer access
(https://github.com/NVIDIA/nccl/issues/1639)."""

STAGED_S = 1.4e-6
"""On top of the bus's latency for a message that stops in the host's memory: eight RTX 4090 reduce
8 bytes in 42 us, fourteen hops of 2.4 us after a launch of 8 us
(https://github.com/NVIDIA/nccl/issues/1530)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """What joins the accelerators of a group."""

    bytes_per_s: float
    """That one accelerator reaches in one direction."""
    latency_s: float
    switched: bool
    """Whether everyone reaches everyone at full speed at once; else messages go round a ring."""
    size: int = 0
    """How many accelerators it joins; 0 for all of the group."""
    beyond: "Fabric | None" = None
    """What joins groups of that size."""


def joined(place: Place) -> int:
    """Return how many accelerators of ``place`` their own link joins.

    Those of a node, unless the link is one of a rack.
    """
    accelerator = place.accelerator
    if accelerator.link is None:
        return 1
    if accelerator.link_domain > LARGEST_NODE:
        return accelerator.link_domain
    return min(accelerator.link_domain, place.per_node)


def tensor_fabric(place: Place, degree: int, coefficients: Mapping[str, float]) -> Fabric:
    """Return what joins ``degree`` accelerators that work on one layer.

    Their link where it reaches all of them. In a node it does not, as with cards joined in pairs,
    a ring passes over the host's bus and is as slow as that. Beyond a node (or a rack) the group is
    one of groups: inside as above, then over the network.
    """
    inside = min(degree, max(place.per_node, joined(place)))
    own = _inside(place, inside, coefficients)
    if inside == degree:
        return own
    return replace(own, size=inside, beyond=_network(place, inside, coefficients))


def pipeline_fabric(
    place: Place, tensor: int, pipeline: int, coefficients: Mapping[str, float]
) -> Fabric:
    """Return the slowest of what joins two stages that follow each other.

    The link where all stages are inside its reach; else the host's bus inside a node, and the
    network between nodes. Each accelerator sends its part to one other.
    """
    size = tensor * pipeline
    if size > max(place.per_node, joined(place)):
        return _network(place, min(tensor, place.per_node), coefficients)
    link = place.accelerator.link
    if link is not None and size <= joined(place):
        return _over(link, 2, place.accelerator, coefficients)
    return _host_bus(place.accelerator, coefficients)


def network_fabric(place: Place, sharing: int, coefficients: Mapping[str, float]) -> Fabric:
    """Return what one of ``sharing`` accelerators of a node has towards another node."""
    return _network(place, sharing, coefficients)


def _inside(place: Place, degree: int, coefficients: Mapping[str, float]) -> Fabric:
    link = place.accelerator.link
    if link is not None and degree <= joined(place):
        return _over(link, degree, place.accelerator, coefficients)
    return _host_bus(place.accelerator, coefficients)


def _over(
    link: Link, degree: int, accelerator: Accelerator, coefficients: Mapping[str, float]
) -> Fabric:
    """Return what ``degree`` accelerators have of their own link.

    In a mesh each has its own wires to each other one: a group of ``d`` of ``D`` uses
    ``(d - 1)/(D - 1)`` of them. Around a torus the rings together use all.

    Source: AMD CDNA 3 white paper (2023), seven links to seven others; for tori NVIDIA, Tesla V100
    white paper (2017), and Google Cloud, TPU v5e, system architecture.
    """
    share = 1.0
    if link.topology == "mesh" and accelerator.link_domain > 1:
        share = min(1.0, (degree - 1) / (accelerator.link_domain - 1))
    return Fabric(
        bytes_per_s=link.bandwidth_bytes_per_s.value * coefficients["link_efficiency"] * share,
        latency_s=link.latency_s.value,
        switched=link.topology != "torus",
    )


def _host_bus(accelerator: Accelerator, coefficients: Mapping[str, float]) -> Fabric:
    """Return what accelerators of a node share without a link of their own."""
    link = accelerator.host_link
    efficiency = coefficients["link_efficiency"]
    if link is None:
        return Fabric(
            bytes_per_s=coefficients["host_bus_bytes_per_s"] * efficiency,
            latency_s=coefficients["host_bus_latency_s"],
            switched=False,
        )
    direct = accelerator.peer_to_peer
    return Fabric(
        bytes_per_s=link.bandwidth_bytes_per_s.value
        * efficiency
        * (1.0 if direct else STAGED_SHARE),
        latency_s=link.latency_s.value + (0.0 if direct else STAGED_S),
        switched=False,
    )


def _network(place: Place, sharing: int, coefficients: Mapping[str, float]) -> Fabric:
    """Return what one of ``sharing`` accelerators of a node has of the node's network."""
    network = place.network
    on_node = max(1, min(sharing, place.per_node))
    reached = network.bandwidth_bytes_per_s.value * coefficients["link_efficiency"]
    return Fabric(bytes_per_s=reached / on_node, latency_s=network.latency_s.value, switched=False)


def all_reduce_s(message_bytes: float, degree: int, fabric: Fabric) -> float:
    """Return the time on the wire to sum ``message_bytes`` over ``degree`` accelerators.

    Over a switch or a mesh the better of one shot (everyone sends everything to everyone) and two
    shots (scatter the sums, gather them): ``a + (n-1) m/b`` and ``2a + 2 (n-1)/n m/b``; else a
    ring: ``2 (n-1) a + 2 (n-1)/n m/b``. A group of groups sums inside each, then each accelerator
    sums its part with those of the other groups.

    Source: Hockney (1994); Thakur et al. (2005), sections 3 and 4.
    Holds for: nothing else on the fabric; sums worked out by the accelerators, not by the switch
    (NVLink SHARP saves up to a quarter of the time of large messages on eight H100,
    https://github.com/NVIDIA/nccl/issues/1455).
    """
    if degree <= 1:
        return 0.0
    if fabric.beyond is not None and degree > fabric.size:
        within_s = _reduce_inside_s(message_bytes, fabric.size, fabric)
        groups = -(-degree // fabric.size)
        return within_s + all_reduce_s(message_bytes / fabric.size, groups, fabric.beyond)
    return _reduce_inside_s(message_bytes, degree, fabric)


def _reduce_inside_s(message_bytes: float, degree: int, fabric: Fabric) -> float:
    others = degree - 1
    if others < 1:
        return 0.0
    twice_s = 2.0 * others / degree * message_bytes / fabric.bytes_per_s
    if fabric.switched:
        one_shot_s = fabric.latency_s + others * message_bytes / fabric.bytes_per_s
        return min(one_shot_s, 2.0 * fabric.latency_s + twice_s)
    return 2.0 * others * fabric.latency_s + twice_s


def all_to_all_s(sent_bytes: float, degree: int, fabric: Fabric) -> float:
    """Return the time in which each of ``degree`` accelerators sends ``sent_bytes`` to the others.

    Of what it sends, ``1/n`` stays at home: ``a + (n-1)/n m/b``; over a ring every message passes
    half of the others. In a group of groups what stays inside and what leaves are on their way at
    once.

    Source: Hockney (1994); Thakur et al. (2005), section 5.
    """
    if degree <= 1:
        return 0.0
    if fabric.beyond is not None and degree > fabric.size:
        stays = sent_bytes * fabric.size / degree
        leaves_s = (sent_bytes - stays) / fabric.beyond.bytes_per_s
        inside_s = _exchange_inside_s(stays, fabric.size, fabric)
        return max(inside_s, fabric.beyond.latency_s + leaves_s)
    return _exchange_inside_s(sent_bytes, degree, fabric)


def _exchange_inside_s(sent_bytes: float, degree: int, fabric: Fabric) -> float:
    away_s = (degree - 1) / degree * sent_bytes / fabric.bytes_per_s
    hops = 1.0 if fabric.switched else degree / 2.0
    return hops * (fabric.latency_s + away_s)


def send_s(message_bytes: float, fabric: Fabric) -> float:
    """Return the time to hand ``message_bytes`` to the next stage of a pipeline.

    Source: Hockney (1994).
    """
    return fabric.latency_s + message_bytes / fabric.bytes_per_s
