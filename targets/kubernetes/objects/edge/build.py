"""All objects through which requests come in."""

from collections.abc import Iterator

from inferc.targets.kubernetes.objects.edge.fences import fences
from inferc.targets.kubernetes.objects.edge.gateways import gateway_objects
from inferc.targets.kubernetes.objects.edge.picker import picker_objects
from inferc.targets.kubernetes.objects.edge.routes import route_objects
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest
from inferc.targets.kubernetes.objects.ways import picked, ways_of


def edge(layout: Layout) -> Iterator[Manifest]:
    """Yield gateways, routes and pickers: each service that is picked for has one picker."""
    if not layout.topology.gateways:
        return
    for serving, routing in picked(layout.topology, layout.deployed).values():
        yield from fences(serving)
        yield from picker_objects(serving, routing)
    ways = ways_of(layout.topology, layout.deployed)
    for gateway in layout.topology.gateways:
        own = [way for way in ways if way.gateway is gateway]
        if own:
            yield from gateway_objects(layout, gateway, own)
            yield from route_objects(layout, own)
