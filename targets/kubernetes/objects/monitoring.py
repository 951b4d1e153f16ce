"""What Prometheus scrapes."""

from typing import TYPE_CHECKING

from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version

if TYPE_CHECKING:
    from inferc.targets.base import Data

SCRAPE_INTERVAL = "15s"
METRICS_PATH = "/metrics"


def pod_monitor(serving: Deployed) -> Manifest:
    """Return the scrape of every replica; its series carry ``job="<namespace>/<service>"``."""
    endpoint: dict[str, Data] = {
        "port": serving.metrics_port,
        "path": METRICS_PATH,
        "interval": SCRAPE_INTERVAL,
    }
    return Manifest(
        api_version=api_version("PodMonitor"),
        kind="PodMonitor",
        name=serving.name,
        namespace=serving.namespace,
        concern="monitoring",
        labels={**serving.labels, "release": serving.settings["release_label"]},
        body={
            "spec": {
                "selector": {"matchLabels": serving.selector},
                "podMetricsEndpoints": [endpoint],
            }
        },
    )
