"""What the Prometheus adapter must offer for a HorizontalPodAutoscaler of ours to work."""

from collections.abc import Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.scaling import adapted_metric, series


def adapter_values(servings: Sequence[Deployed]) -> Mapping[str, Data]:
    """Return values for the adapter's Helm chart: one rule for each series in use."""
    rules: dict[str, Data] = {}
    for serving in servings:
        if serving.scaler != "hpa":
            continue
        name = series(serving)
        rules[name] = {
            "seriesQuery": f'{name}{{namespace!="",pod!=""}}',
            "resources": {
                "overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
            },
            "name": {"matches": name, "as": adapted_metric(serving)},
            "metricsQuery": "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
        }
    return {"rules": {"default": False, "custom": [rules[name] for name in sorted(rules)]}}
