"""A topology as this target lays it out: what every builder of objects is given."""

from dataclasses import dataclass

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.network_serving import NetworkServing, network_servings
from inferc.targets.kubernetes.objects.serving import Serving, namespace_of, servings
from inferc.targets.kubernetes.objects.settings import Choices, Settings, read_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One topology with the options it is emitted with, and what follows from both."""

    topology: Topology
    options: Options
    choices: Choices
    namespace: str
    servings: tuple[Serving, ...]
    """Those of language models."""
    networks: tuple[NetworkServing, ...]

    @property
    def settings(self) -> Settings:
        """The settings of the cluster, which is the same for all services."""
        return self.deployed[0].settings

    @property
    def deployed(self) -> tuple[Deployed, ...]:
        """Every service: language models, then networks."""
        return (*self.servings, *self.networks)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of an object that belongs to no single service."""
        return {
            "app.kubernetes.io/part-of": dns_label(self.topology.name),
            "app.kubernetes.io/managed-by": "inferc",
        }


def layout_of(topology: Topology, options: Options) -> Layout:
    """Return how ``topology`` is laid out with ``options``."""
    choices, _ = read_options(options)
    namespace = namespace_of(topology, choices)
    return Layout(
        topology=topology,
        options=options,
        choices=choices,
        namespace=namespace,
        servings=servings(topology, choices),
        networks=network_servings(topology, choices, namespace),
    )
