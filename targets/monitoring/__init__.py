"""What to watch of a service, as plain data: recording rules, alerts, their tests, dashboards."""

from inferc.targets.monitoring.dashboard import as_json as dashboard_json
from inferc.targets.monitoring.engine_metrics import (
    TRITON,
    TRITON_FLAG,
    EngineMetrics,
    Histogram,
    metrics_of,
)
from inferc.targets.monitoring.files import RULES_END, files, unwatched
from inferc.targets.monitoring.rules import rules
from inferc.targets.monitoring.watched import Watched

__all__ = [
    "RULES_END",
    "TRITON",
    "TRITON_FLAG",
    "EngineMetrics",
    "Histogram",
    "Watched",
    "dashboard_json",
    "files",
    "metrics_of",
    "rules",
    "unwatched",
]
