"""What a place consists of, in words."""

from inferc.compiler.model import Place


def hardware(place: Place) -> str:
    """Return the nodes of a place: ``3 x p4d.24xlarge, on demand, of 8 x NVIDIA A100``."""
    nodes = int(place.nodes.value)
    what = f"{place.per_node} x {place.accelerator.title}"
    if place.instance_type:
        return f"{nodes} x {place.instance_type}, {market(place)}, of {what}"
    return what if nodes == 1 else f"{nodes} nodes of {what}"


def market(place: Place) -> str:
    """Return how the machines of a place are had: ``on demand``, ``spot``, ``owned``."""
    return place.market.replace("_", " ")
