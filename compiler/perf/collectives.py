"""Messages between accelerators, by latency and bandwidth of what joins them.

Source: Hockney, The communication challenge for MPP (1994); Thakur, Rabenseifner, Gropp,
Optimization of Collective Communication Operations in MPICH (2005).
"""

from dataclasses import dataclass

from inferc.compiler.model import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """What joins the accelerators of a group."""

    bytes_per_s: float
    """That one accelerator reaches in one direction."""
    latency_s: float
    switched: bool
    """Whether everyone reaches everyone at full speed at once."""


def tensor_fabric(place: Place, degree: int, coefficients: dict[str, float]) -> Fabric:
    """Return what joins ``degree`` accelerators of one node: their link, else the host's bus."""
    link = place.accelerator.link
    efficiency = coefficients["link_efficiency"]
    if link is not None and degree <= place.accelerator.link_domain:
        return Fabric(
            bytes_per_s=link.bandwidth_bytes_per_s.value * efficiency,
            latency_s=link.latency_s.value,
            switched=True,
        )
    return Fabric(
        bytes_per_s=coefficients["host_bus_bytes_per_s"] * efficiency,
        latency_s=coefficients["host_bus_latency_s"],
        switched=False,
    )


def pipeline_fabric(
    place: Place, tensor: int, pipeline: int, coefficients: dict[str, float]
) -> Fabric:
    """Return what joins two stages: the link or bus inside a node, the network between nodes."""
    if tensor * pipeline <= place.per_node:
        return tensor_fabric(place, tensor * pipeline, coefficients)
    return Fabric(
        bytes_per_s=place.network.bandwidth_bytes_per_s.value * coefficients["link_efficiency"],
        latency_s=place.network.latency_s.value,
        switched=False,
    )


def all_reduce_s(message_bytes: float, degree: int, fabric: Fabric) -> float:
    """Return the time on the wire to sum ``message_bytes`` over ``degree`` accelerators.

    Over a switch the better of one shot (everyone sends everything to everyone) and two shots
    (scatter the sums, gather them): ``a + (n-1) m/b`` and ``2a + 2 (n-1)/n m/b``; else a ring:
    ``2 (n-1) a + 2 (n-1)/n m/b``.

    Source: Hockney (1994); Thakur et al. (2005), sections 3 and 4.
    Holds for: one group of a node; nothing else on the fabric.
    """
    if degree == 1:
        return 0.0
    others = degree - 1
    twice_s = 2.0 * others / degree * message_bytes / fabric.bytes_per_s
    if fabric.switched:
        one_shot_s = fabric.latency_s + others * message_bytes / fabric.bytes_per_s
        return min(one_shot_s, 2.0 * fabric.latency_s + twice_s)
    return 2.0 * others * fabric.latency_s + twice_s


def all_to_all_s(sent_bytes: float, degree: int, fabric: Fabric) -> float:
    """Return the time in which each of ``degree`` accelerators sends ``sent_bytes`` to the others.

    Of what it sends, ``1/n`` stays at home: ``a + (n-1)/n m/b``; over a ring every message passes
    half of the others.

    Source: Hockney (1994); Thakur et al. (2005), section 5.
    """
    if degree == 1:
        return 0.0
    away = (degree - 1) / degree * sent_bytes / fabric.bytes_per_s
    hops = 1.0 if fabric.switched else degree / 2.0
    return hops * (fabric.latency_s + away)


def send_s(message_bytes: float, fabric: Fabric) -> float:
    """Return the time to hand ``message_bytes`` to the next stage of a pipeline.

    Source: Hockney (1994).
    """
    return fabric.latency_s + message_bytes / fabric.bytes_per_s
