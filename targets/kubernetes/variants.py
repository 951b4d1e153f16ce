"""Targets that hand the engines to somebody else's controller, with the objects around them.

Such a target has the volumes, downloads, fences and scrapes of the Kubernetes target, and other
kinds in place of the workload. Its pods carry labels of their own: a controller puts its own names
under the usual ones, and what selects the pods must not depend on whose win.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span, has_errors
from inferc.targets.base import Artifact, Data, Emitted, Options, asked_at
from inferc.targets.diagnostics import bad_option, cannot_serve
from inferc.targets.heading import heading
from inferc.targets.kubernetes.checks import SLUGS
from inferc.targets.kubernetes.checks.names import Finding, check_names
from inferc.targets.kubernetes.checks.security import check_security
from inferc.targets.kubernetes.diagnostics import inconsistent
from inferc.targets.kubernetes.files import EXTRA_FILES
from inferc.targets.kubernetes.objects import (
    Layout,
    Manifest,
    build_objects,
    cluster_objects,
    layout_of,
    refuse,
)
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.settings import OPTIONS as OF_THE_OBJECTS
from inferc.targets.kubernetes.preflight import preflight
from inferc.targets.kubernetes.tree import tree

OptionValue: TypeAlias = str | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option that a target has beside those of the Kubernetes objects."""

    about: str
    default: str
    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a target starts from: the layout, its own options, and what was found."""

    layout: Layout | None
    """None where there is an error."""
    own: Mapping[str, str]
    rest: Options
    diagnostics: tuple[Diagnostic, ...]

    def refused(self, found: Sequence[Diagnostic] = ()) -> Emitted:
        """Return no files, and why: what was found at the start, and what was since."""
        return Emitted(artifacts=(), diagnostics=(*self.diagnostics, *found))


WORKLOADS: Final = frozenset(
    {
        "Deployment",
        "HorizontalPodAutoscaler",
        "LeaderWorkerSet",
        "ScaledObject",
    }
)
"""What another controller makes itself, of the components in :data:`REPLACED`."""
COMPONENT: Final = "app.kubernetes.io/component"
REPLACED: Final = ("engine", "autoscaler")

SERVICE_LABEL: Final = "inferc.dev/service"
TOPOLOGY_LABEL: Final = "inferc.dev/topology"


NOT_HANDED_ON: Final = ("dra", "exclusive_topology", "queue", "rdma")
"""Options of the Kubernetes objects that change what another controller makes here."""


def prepare(
    target: str,
    topology: Topology,
    options: Options,
    known: Mapping[str, Option],
    *,
    without: Sequence[str] = (),
) -> Prepared:
    """Return what ``target`` starts from, or why it cannot serve ``topology``.

    ``without`` are options of the Kubernetes objects that it has not, beside
    :data:`NOT_HANDED_ON`.
    """
    span = asked_at(topology, target)
    not_here = {*NOT_HANDED_ON, *without}
    foreign = tuple(
        _not_here(target, name, options[name], span) for name in sorted(not_here & set(options))
    )
    missing = (
        *foreign,
        *_networks(target, topology),
        *_apart(target, topology),
    )
    if missing:
        return Prepared(layout=None, own={}, rest={}, diagnostics=missing)
    own, wrong = _own_options(target, options, known, span)
    rest = {name: value for name, value in options.items() if name not in known}
    names = (*known, *(name for name in OF_THE_OBJECTS if name not in not_here))
    found = (*wrong, *refuse(topology, rest, target, known=names))
    layout = None if has_errors(found) else layout_of(topology, rest)
    return Prepared(layout=layout, own=own, rest=rest, diagnostics=found)


def _not_here(target: str, name: str, value: OptionValue, span: Span | None) -> Diagnostic:
    return bad_option(
        target=target,
        option=name,
        value=str(value),
        expected="of the targets `kubernetes` and `helm` only, which make the pods themselves",
        span=span,
    )


def _apart(target: str, topology: Topology) -> tuple[Diagnostic, ...]:
    """Return a refusal of each service whose prompts are computed by replicas of their own."""
    return tuple(
        cannot_serve(
            target=target,
            service=plan.service.name,
            reason="its prompts are computed apart, by replicas of another kind",
            notes=("serving = disaggregated",),
            step="emit `kubernetes` or `helm`, or pin `serving = aggregated`",
            span=plan.service.span,
        )
        for plan in topology.services
        if plan.configuration.prefill is not None
    )


def _networks(target: str, topology: Topology) -> tuple[Diagnostic, ...]:
    """Return a refusal of each service of a network: these controllers serve language models."""
    return tuple(
        cannot_serve(
            target=target,
            service=plan.service.name,
            reason="it is a network, and this target serves language models",
            notes=(),
            step="emit `kubernetes` or `helm` for it, and this target for a topology without it",
            span=plan.service.span,
        )
        for plan in topology.networks
    )


def _own_options(
    target: str, options: Options, known: Mapping[str, Option], span: Span | None
) -> tuple[Mapping[str, str], tuple[Diagnostic, ...]]:
    values: dict[str, str] = {}
    wrong: list[Diagnostic] = []
    for name, option in known.items():
        value = options.get(name, option.default)
        values[name] = value if isinstance(value, str) else option.default
        if not isinstance(value, str) or (value and not option.accepts(value)):
            wrong.append(
                bad_option(
                    target=target,
                    option=name,
                    value=str(value),
                    expected=option.about,
                    span=span,
                )
            )
    return values, tuple(wrong)


def refuse_groups(target: str, layout: Layout, step: str) -> tuple[Diagnostic, ...]:
    """Return a refusal of each service whose replicas span nodes."""
    return tuple(
        cannot_serve(
            target=target,
            service=one.plan.service.name,
            reason="a replica of it spans several nodes",
            notes=(
                f"{one.pods_per_replica} pods on {one.pods_per_replica} nodes make one replica",
            ),
            step=step,
            span=one.place.span,
        )
        for one in layout.servings
        if one.is_group
    )


def refuse_gateways(target: str, layout: Layout) -> tuple[Diagnostic, ...]:
    """Return a refusal of each service that a gateway leads to, which ``target`` has none of."""
    led_to = {route.service for one in layout.topology.gateways for route in one.routes}
    return tuple(
        cannot_serve(
            target=target,
            service=one.plan.service.name,
            reason="a gateway leads to it, and this target emits none",
            notes=(),
            step="emit `kubernetes` or `helm`, or take the `gateway` block out and route to the "
            "service by means of your own",
            span=one.plan.service.span,
        )
        for one in layout.servings
        if one.plan.service.name in led_to
    )


def pod_labels(serving: Serving) -> dict[str, str]:
    """Return the labels by which the pods of a service are known, whoever makes them."""
    part_of = serving.selector["app.kubernetes.io/part-of"]
    return {SERVICE_LABEL: serving.name, TOPOLOGY_LABEL: part_of}


def surroundings(layout: Layout, rest: Options) -> tuple[Manifest, ...]:
    """Return the objects around the engines, which find the pods by :func:`pod_labels`."""
    selectors = [(one.selector, pod_labels(one)) for one in layout.servings]
    return tuple(
        replace(one, body=replaced_in(one.body, selectors))
        for one in build_objects(layout.topology, rest)
        if not (one.kind in WORKLOADS and one.labels.get(COMPONENT) in REPLACED)
    )


def replaced_in(
    body: Mapping[str, Data], selectors: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]
) -> dict[str, Data]:
    """Return ``body`` with other labels wherever the first ones of a pair stand."""
    return {key: _replaced(value, selectors) for key, value in body.items()}


def _replaced(
    value: Data, selectors: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]
) -> Data:
    if isinstance(value, Mapping):
        for old, new in selectors:
            if value == old:
                return dict(new)
        return replaced_in(value, selectors)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_replaced(item, selectors) for item in value]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A pod that a controller will make of an object, for the checks."""

    owner: Manifest
    spec: Mapping[str, Data]
    labels: Mapping[str, str]


def faults(manifests: Sequence[Manifest], inner: Sequence[Inner]) -> tuple[Diagnostic, ...]:
    """Return what the API server, or admission, would refuse of the objects and their pods."""
    template = [
        replace(
            one.owner,
            body={"spec": {"template": {"metadata": {"labels": one.labels}, "spec": one.spec}}},
        )
        for one in inner
    ]
    others = [one for one in manifests if one.id not in {pod.owner.id for pod in inner}]
    found: Iterator[tuple[str, Finding]] = (
        (code, finding)
        for code, findings in (
            ("INF690", check_names(manifests)),
            ("INF697", check_security([*others, *template])),
        )
        for finding in findings
    )
    return tuple(
        inconsistent(code=code, slug=SLUGS[code], where=where, message=message)
        for code, (where, message) in found
    )


def emitted(
    prepared: Prepared,
    layout: Layout,
    manifests: Sequence[Manifest],
    texts: Mapping[str, str],
    *,
    without: tuple[str, ...] = (),
) -> Emitted:
    """Return the kustomize tree of ``manifests`` with ``texts`` and what always stands beside.

    ``without`` are the folders of what stands beside and does not fit.
    """
    own = cluster_objects(layout.topology, prepared.rest)
    files = {**tree(layout, manifests, own), **texts}
    beside = (one for make in EXTRA_FILES for one in make(layout, manifests))
    found = {one.path: one for one in beside if not one.path.startswith(without)}
    found |= {
        path: Artifact(path=path, content=text.encode(), executable=path.endswith(".sh"))
        for path, text in files.items()
    }
    return Emitted(
        artifacts=tuple(found[path] for path in sorted(found)), diagnostics=prepared.diagnostics
    )


def cluster_kinds(layout: Layout, rest: Options) -> str:
    """Return the kinds of objects in the folder `cluster`; empty where there is none."""
    own = cluster_objects(layout.topology, rest)
    return ", ".join(dict.fromkeys(one.kind for one in own))


def preflight_text(
    layout: Layout, needs: Sequence[tuple[str, str]] = (), *, without: Sequence[str] = ()
) -> str:
    """Return the script that says what the cluster lacks, with ``needs`` of the target's own."""
    text = preflight(
        layout.servings, header=heading(layout.topology, "What the cluster lacks, if anything")
    )
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(tuple(f"need {what} " for what in without))
    ]
    first = next(index for index, line in enumerate(lines) if line.startswith("need "))
    lines[first:first] = [f"need {what} {command}" for what, command in needs]
    return "\n".join(lines) + "\n"
