"""The rules of a service: one value for Prometheus' own file and for the operator's object."""

from inferc.targets.base import Data
from inferc.targets.monitoring.alerts import alerts
from inferc.targets.monitoring.recorded import miss_rules, recording_rules
from inferc.targets.monitoring.watched import Watched

INTERVAL = "30s"
LONG_INTERVAL = "1m"
"""Between two evaluations of rules that look back for days."""


def rules(one: Watched) -> dict[str, Data]:
    """Return the rules of a service: a rules file, and the ``spec`` of a PrometheusRule."""
    prefix = f"inferc.{one.namespace}.{one.name}"
    groups: list[tuple[str, str, list[Data]]] = [
        ("indicators", INTERVAL, [*recording_rules(one)]),
        ("misses", LONG_INTERVAL, [*miss_rules(one)]),
        ("alerts", INTERVAL, [alert.document() for alert in alerts(one)]),
    ]
    return {
        "groups": [
            {"name": f"{prefix}.{title}", "interval": interval, "rules": found}
            for title, interval, found in groups
            if found
        ]
    }
