"""When an autoscaler adds and removes replicas."""

from collections import deque
from collections.abc import Sequence
from math import ceil
from typing import Protocol

from inferc.compiler.simulation.events import Autoscaler
from inferc.compiler.simulation.values import Queue, ReplicaSetup


class Measured(Protocol):
    """What a scaler looks at."""

    @property
    def outstanding(self) -> int:
        """Requests that were sent and are not complete."""
        ...

    @property
    def waiting(self) -> Queue:
        """Those among them that have not begun."""
        ...

    @property
    def setup(self) -> ReplicaSetup:
        """How the replica is set up."""
        ...


class Scaler:
    """The state of an autoscaler."""

    __slots__ = ("_wanted", "settings", "starting")

    def __init__(self, settings: Autoscaler) -> None:
        self.settings = settings
        self.starting = 0
        """Replicas that were added and take no requests yet."""
        self._wanted: deque[tuple[float, int]] = deque()

    def change(self, now: float, servers: Sequence[Measured]) -> int:
        """Return how many replicas to start, or to drain where it is negative."""
        settings = self.settings
        signal = sum(self._signal(one) for one in servers)
        wants = min(settings.most, max(settings.least, ceil(signal / settings.target - 1e-9)))
        self._wanted.append((now, wants))
        while self._wanted[0][0] < now - settings.stabilisation_s:
            self._wanted.popleft()
        have = len(servers) + self.starting
        if wants > have:
            self.starting += wants - have
            return wants - have
        keep = max(count for _, count in self._wanted)
        return -max(0, min(have - keep, len(servers) - settings.least))

    def _signal(self, server: Measured) -> float:
        match self.settings.signal:
            case "outstanding":
                return server.outstanding
            case "waiting":
                return len(server.waiting)
            case "running":
                return server.outstanding - len(server.waiting)
            case "utilisation":
                running = server.outstanding - len(server.waiting)
                return running / server.setup.max_num_seqs
