"""What this target cannot do with networks, said before anything is emitted."""

from collections.abc import Iterator

from inferc.dsl import Diagnostic
from inferc.targets.kubernetes import diagnostics_networks as problems
from inferc.targets.kubernetes.diagnostics import no_scaling_metric
from inferc.targets.kubernetes.objects import scaling, watching
from inferc.targets.kubernetes.objects.network_serving import FORMATS, NetworkServing


def refused(serving: NetworkServing) -> Iterator[Diagnostic]:
    """Yield why a network cannot be started."""
    service, engine = serving.plan.service, serving.engine
    kind = serving.format
    if kind is None:
        yield problems.engine_not_started(
            service=service.name, engine=engine.title, able=tuple(FORMATS), span=service.span
        )
    elif not serving.choices.model_volume:
        yield problems.no_model_file(
            service=service.name,
            engine=engine.title,
            file=f"{serving.name}/1/{kind.file}",
            span=service.span,
        )
    else:
        yield from watching.not_watched(serving)
    if serving.scaler and not scaling.series(serving):
        yield no_scaling_metric(
            service=service.name,
            engine=engine.title,
            signal=serving.plan.autoscale.signal,
            known=tuple(sorted(engine.metrics)),
            span=engine.span,
        )
