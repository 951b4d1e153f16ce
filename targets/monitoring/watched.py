"""One service as those who watch it see it: its series, its lines, what its plan expects."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.model import Engine
from inferc.compiler.plan import ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import to_unit
from inferc.targets.monitoring import lines
from inferc.targets.monitoring.engine_metrics import EngineMetrics
from inferc.targets.monitoring.lines import Latency, Line, Quantile, Unwatched
from inferc.targets.monitoring.promql import selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One service. ``namespace`` and ``job`` are labels of every series that is scraped of it."""

    topology: Topology
    plan: ServicePlan | NetworkPlan
    engine: Engine
    metrics: EngineMetrics
    """What the engine measures."""
    namespace: str
    name: str
    """Of the service; a DNS label, and unique within ``namespace``."""
    most_replicas: int
    start_s: float
    """How long a start may take before somebody should look."""
    devices: tuple[int, ...] | None = None
    """Of a single machine, the GPUs that the service has, by number; None on Kubernetes, where
    kube-state-metrics knows the pods, and DCGM says whose GPUs are busy."""

    @property
    def on_kubernetes(self) -> bool:
        """Whether pods serve it."""
        return self.devices is None

    @property
    def on_parts(self) -> bool:
        """Whether its replicas have parts of GPUs."""
        return isinstance(self.plan, NetworkPlan) and self.plan.configuration.share == "mig"

    @property
    def job(self) -> str:
        """The label that selects the service's replicas and nothing else."""
        return f"{self.namespace}/{self.name}"

    @property
    def labels(self) -> Mapping[str, str]:
        """What selects the series of the service."""
        return {"namespace": self.namespace, "job": self.job}

    @property
    def own_labels(self) -> dict[str, str]:
        """The labels of what is recorded about the service, and of its alerts."""
        return {"namespace": self.namespace, "service": self.name}

    def series(self, name: str, patterns: Mapping[str, str] | None = None) -> str:
        """Return a selector of the engine's series ``name``, of this service alone."""
        return selector(name, self.labels, patterns)

    def recorded(self, name: str, **more: str) -> str:
        """Return a selector of what is recorded about the service under ``name``."""
        return selector(name, {**self.own_labels, **more})

    @property
    def lines(self) -> tuple[Latency | Quantile | Line | Unwatched, ...]:
        """Every line of the SLA."""
        return lines.read(self.plan.margins, self.metrics, self.engine.title)

    @property
    def latencies(self) -> tuple[Latency, ...]:
        """The lines about latencies that can be watched."""
        return tuple(line for line in self.lines if isinstance(line, Latency))

    @property
    def quantiles(self) -> tuple[Quantile, ...]:
        """The lines about percentiles that the engine works out itself."""
        return tuple(line for line in self.lines if isinstance(line, Quantile))

    @property
    def others(self) -> tuple[Line, ...]:
        """The lines of other kinds."""
        return tuple(line for line in self.lines if isinstance(line, Line))

    @property
    def unwatched(self) -> tuple[Unwatched, ...]:
        """The lines that cannot be watched."""
        return tuple(line for line in self.lines if isinstance(line, Unwatched))

    @property
    def replica_usd_per_h(self) -> float | None:
        """What a replica costs in an hour; None where nobody says.

        One that answers, with its share of those that compute prompts for it.
        """
        price = self.plan.service.place.price_usd_per_s
        if price is None:
            return None
        match self.plan:
            case ServicePlan(configuration=shape):
                taken = float(shape.accelerators)
            case plan:
                taken = plan.accelerators
        return to_unit(price.value * taken / self.plan.configuration.replicas, "$/h")
