"""One service as those who watch it see it: its series, its lines, what its plan expects."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.model import Engine
from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import to_unit
from inferc.targets.monitoring import lines
from inferc.targets.monitoring.engine_metrics import EngineMetrics, metrics_of
from inferc.targets.monitoring.lines import Latency, Line, Unwatched
from inferc.targets.monitoring.promql import selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One service. ``namespace`` and ``job`` are labels of every series that is scraped of it."""

    topology: Topology
    plan: ServicePlan
    engine: Engine
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
    def metrics(self) -> EngineMetrics:
        """What the engine measures."""
        return metrics_of(self.engine)

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
    def lines(self) -> tuple[Latency | Line | Unwatched, ...]:
        """Every line of the SLA."""
        return lines.read(self.plan.margins, self.metrics, self.engine.title)

    @property
    def latencies(self) -> tuple[Latency, ...]:
        """The lines about latencies that can be watched."""
        return tuple(line for line in self.lines if isinstance(line, Latency))

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
        """What a replica costs in an hour; None where nobody says."""
        price = self.plan.service.place.price_usd_per_s
        if price is None:
            return None
        shape = self.plan.configuration
        replicas = shape.replicas + (shape.prefill.replicas if shape.prefill else 0)
        return to_unit(price.value * shape.accelerators / replicas, "$/h")
