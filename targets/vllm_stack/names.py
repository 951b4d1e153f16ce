"""Names that the chart makes of a release and a model, which must fit a label each."""

from dataclasses import dataclass
from typing import Final

from inferc.targets.kubernetes.objects import Layout
from inferc.targets.kubernetes.objects.deployed import deployed_name
from inferc.targets.kubernetes.objects.names import LABEL_LIMIT, dns_label
from inferc.targets.kubernetes.objects.serving import Serving

LONGEST_SUFFIX: Final = len("--deployment-vllm")
"""Of what the chart appends to release and model. Source: its templates."""
MODEL_LIMIT: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How the chart calls what it makes of one service."""

    release: str
    model: str

    @property
    def deployment(self) -> str:
        """The Deployment."""
        return f"{self.release}-{self.model}-deployment-vllm"

    @property
    def service(self) -> str:
        """The Service."""
        return f"{self.release}-{self.model}-engine-service"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods that nothing else has."""
        return {"model": self.model, "helm-release-name": self.release}


def names(layout: Layout, serving: Serving) -> Names:
    """Return the names of one service; those of all services share the release."""
    return Names(release=release(layout), model=model(serving))


def model(serving: Serving) -> str:
    """Return what the chart is told that the model is called."""
    return dns_label(deployed_name(serving.plan.service), limit=MODEL_LIMIT)


def release(layout: Layout) -> str:
    """Return the name of the release: as long as the longest name still fits."""
    longest = max(len(model(one)) for one in layout.servings)
    return dns_label(layout.topology.name, limit=LABEL_LIMIT - LONGEST_SUFFIX - longest)
