"""What Prometheus scrapes."""

from typing import TYPE_CHECKING

from inferc.targets.kubernetes.objects.engine_pod import PORT_NAME
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.serving import Serving

if TYPE_CHECKING:
    from inferc.targets.base import Data

SCRAPE_INTERVAL = "15s"
METRICS_PATH = "/metrics"


def pod_monitor(serving: Serving) -> Manifest:
    """Return the scrape of every replica; its series carry ``job="<namespace>/<service>"``."""
    endpoint: dict[str, Data] = {
        "port": PORT_NAME,
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
