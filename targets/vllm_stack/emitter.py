"""A topology as values of the chart ``vllm-stack``."""

from collections.abc import Iterator

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets import charts, to_yaml
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.diagnostics import cannot_serve, unread_chart_keys
from inferc.targets.heading import heading
from inferc.targets.kubernetes.objects import Layout, namespace
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.variants import (
    faults,
    preflight_text,
    prepare,
    refuse_gateways,
    refuse_groups,
)
from inferc.targets.vllm_stack.options import OPTIONS
from inferc.targets.vllm_stack.options import TARGET as NAME
from inferc.targets.vllm_stack.readme import readme
from inferc.targets.vllm_stack.values import chart_values, extra_objects, image_of

RUNS = "vllm"
"""The engine that the chart starts."""
STEP = "emit `kubernetes`, or pin a replica that fits one node"


class VllmStackTarget:
    """Values for the Helm chart of the vLLM production stack."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        prepared = prepare(self.name, topology, options, OPTIONS, without=("hub",))
        layout = prepared.layout
        if layout is None:
            return prepared.refused()
        refused = (
            *refuse_gateways(self.name, layout),
            *refuse_groups(self.name, layout, STEP),
            *_refusals(layout),
        )
        if refused:
            return prepared.refused(refused)
        values = chart_values(layout, prepared.own["router_tag"])
        known = charts.keys("vllm_stack", "keys")
        unread = tuple(charts.unread(values, known.tree))
        wrong = (
            *faults(tuple(extra_objects(layout)), ()),
            *((unread_chart_keys(chart=known.chart, paths=unread),) if unread else ()),
        )
        if has_errors(wrong):
            return prepared.refused(wrong)
        texts = {
            "README.md": readme(layout, has_router=bool(prepared.own["router_tag"])),
            "preflight.sh": preflight_text(layout),
            "values.yaml": heading(topology, f"Values of the chart {known.chart} {known.version}")
            + to_yaml.dump(values),
        }
        if layout.choices.create_namespace:
            own = namespace.namespace(topology, layout.namespace)
            title = "The namespace that the release is installed into"
            texts["namespace.yaml"] = heading(topology, title) + to_yaml.dump(own.document())
        artifacts = (
            Artifact(path=path, content=text.encode(), executable=path.endswith(".sh"))
            for path, text in sorted(texts.items())
        )
        return Emitted(artifacts=tuple(artifacts), diagnostics=prepared.diagnostics)


def _refusals(layout: Layout) -> Iterator[Diagnostic]:
    ports = {one.engine.port for one in layout.servings}
    for one in layout.servings:
        if one.engine.name != RUNS:
            yield _refused(one, f"the chart starts vLLM, and not {one.engine.title}")
        elif one.place.slices > 1:
            yield _refused(one, "its GPUs are cut into parts, and nothing here cuts them")
        elif not image_of(one)[1]:
            yield _refused(one, "the chart takes an image only with a version")
        elif len(ports) > 1:
            yield _refused(one, "the chart has one port for all engines, and these have several")
        elif one.scaler == "hpa":
            yield _refused(one, "what the metrics adapter would be asked for, the chart names anew")


def _refused(serving: Serving, reason: str) -> Diagnostic:
    return cannot_serve(
        target=NAME,
        service=serving.plan.service.name,
        reason=reason,
        notes=(f"image: {serving.engine.image}",),
        step="emit `kubernetes` or `helm`, which can, or change what stands in the way",
        span=serving.plan.service.span,
    )


TARGET = VllmStackTarget()
