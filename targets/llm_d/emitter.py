"""A topology as values of the charts of llm-d, with the objects around the engines."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets import charts, to_yaml
from inferc.targets.base import Data, Emitted, Options
from inferc.targets.diagnostics import cannot_serve, unread_chart_keys
from inferc.targets.heading import heading
from inferc.targets.kubernetes.objects import Layout, Manifest, namespace, scaling
from inferc.targets.kubernetes.objects.concerns import CONCERNS
from inferc.targets.kubernetes.objects.edge.fences import fences
from inferc.targets.kubernetes.objects.edge.picker import selector
from inferc.targets.kubernetes.objects.releases import release_of
from inferc.targets.kubernetes.variants import (
    Prepared,
    cluster_kinds,
    emitted,
    faults,
    pod_labels,
    preflight_text,
    prepare,
    refuse_gateways,
    refuse_groups,
    replaced_in,
    surroundings,
)
from inferc.targets.llm_d import values
from inferc.targets.llm_d.options import OPTIONS
from inferc.targets.llm_d.options import TARGET as NAME
from inferc.targets.llm_d.readme import readme

STEP = "emit `kubernetes`, or pin a replica that fits one node"

BASELINE = "baseline"

Sheet = tuple[str, charts.Keys, dict[str, Data]]
"""A file of values: its path, what its chart reads, and the values."""


class LlmDTarget:
    """Values for the charts of llm-d, and a kustomize tree of what stands around."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        prepared = prepare(self.name, topology, options, OPTIONS)
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
        sheets = list(_sheets(layout, prepared.own))
        manifests = sorted(
            (*_around(layout, prepared), *_scalers(layout)),
            key=lambda one: CONCERNS.index(one.concern),
        )
        wrong = (*faults(manifests, ()), *_unread(sheets))
        if has_errors(wrong):
            return prepared.refused(wrong)
        return emitted(prepared, layout, manifests, _texts(layout, prepared, sheets))


def _texts(layout: Layout, prepared: Prepared, sheets: list[Sheet]) -> Mapping[str, str]:
    own = prepared.own
    needs = [
        (
            "'Gateway API Inference Extension'",
            "kubectl get crd inferencepools.inference.networking.k8s.io",
        ),
        *([("Gateway", f"kubectl get gateway {own['gateway']}")] if own["gateway"] else ()),
    ]
    return {
        "README.md": readme(
            layout, gateway=own["gateway"], cluster=cluster_kinds(layout, prepared.rest)
        ),
        "preflight.sh": preflight_text(layout, needs),
        **{
            path: heading(layout.topology, f"Values of the chart {known.chart} {known.version}")
            + to_yaml.dump(sheet)
            for path, known, sheet in sheets
        },
    }


def _sheets(layout: Layout, own: Mapping[str, str]) -> Iterator[Sheet]:
    for serving in layout.servings:
        release = release_of(serving.engine)
        if release is None:
            continue
        known = charts.keys("llm_d", "modelservice")
        yield f"values/{serving.name}.yaml", known, values.modelservice(serving, release)
        known = charts.keys("llm_d", "router")
        yield f"values/{serving.name}-router.yaml", known, values.router(layout, serving, own)


def _unread(sheets: list[Sheet]) -> Iterator[Diagnostic]:
    for _, known, sheet in sheets:
        paths = tuple(charts.unread(sheet, known.tree))
        if paths:
            yield unread_chart_keys(chart=known.chart, paths=paths)


def _around(layout: Layout, prepared: Prepared) -> Iterator[Manifest]:
    """Yield the objects around the engines, and what the chart's picker may do.

    Its pods state no security context, so that a namespace of the level ``restricted`` has none of
    them.
    """
    for one in surroundings(layout, prepared.rest):
        if one.kind == "Namespace":
            yield namespace.namespace(layout.topology, one.name, level=BASELINE)
        else:
            yield one
    for serving in layout.servings:
        pairs = (
            (selector(serving), values.picker_labels(serving)),
            (serving.pool_selector, pod_labels(serving)),
        )
        for one in fences(serving):
            yield replace(one, body=replaced_in(one.body, pairs))


def _scalers(layout: Layout) -> Iterator[Manifest]:
    """Yield what scales the Deployments that the chart makes."""
    for serving in layout.servings:
        for one in scaling.scaler(serving):
            spec = one.body["spec"]
            body = dict(spec) if isinstance(spec, Mapping) else {}
            target: dict[str, Data] = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": values.deployment(serving),
            }
            yield replace(one, body={"spec": {**body, "scaleTargetRef": target}})


def _refusals(layout: Layout) -> Iterator[Diagnostic]:
    for one in layout.servings:
        if one.engine.name not in values.SCORERS:
            yield cannot_serve(
                target=NAME,
                service=one.plan.service.name,
                reason=f"the endpoint picker knows no metrics of {one.engine.title}",
                notes=(f"engines: {', '.join(sorted(values.SCORERS))}",),
                step="choose one of these engines, or emit another target",
                span=one.plan.service.span,
            )


TARGET = LlmDTarget()
