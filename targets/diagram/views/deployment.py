"""What is applied where: Kubernetes objects in their namespace, platforms, and machines.

The objects are those that the target ``kubernetes`` writes, made by the same functions from the
same options: a picture of its own would only be nearly right. There are none where the file asks
for containers on one machine and for nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.model import Place
from inferc.compiler.topology import Topology
from inferc.compiler.units import show
from inferc.compiler.wording.amounts import plural
from inferc.dsl import has_errors
from inferc.targets.base import fits_one_machine, spelled
from inferc.targets.diagram import words
from inferc.targets.diagram.scene import Box, Edge, Group, Item, Kind, Line, Scene
from inferc.targets.diagram.views import common
from inferc.targets.kubernetes.objects import Manifest, build_objects, cluster_objects, refuse
from inferc.targets.kubernetes.objects.deployed import deployed_name
from inferc.targets.kubernetes.objects.names import dns_label

VIEW = "deployment"

KUBERNETES = "kubernetes"
SERVICE_LABEL = "app.kubernetes.io/name"

PICTURES = ("diagram", "design-doc")
"""Targets that deploy nothing."""

FORMS = {"compose": "Docker Compose", "quadlet": "Podman"}
"""What starts the containers of a single machine, by the form that was asked for."""

MOST_EDGES = 8
"""Services whose nodes are shown by lines; of more, words say where they run."""

ROW = 5
"""Services beside each other, where there are many."""

MOST_NAMES = 3
"""Objects of one kind that are named; of more, how many there are."""


def scene(topology: Topology) -> Scene:
    """Return the scene: namespaces with their objects, the cluster's own, and the nodes."""
    by = _containers_by(topology)
    manifests, own, refused = ((), (), "") if by else _objects(topology)
    inside: list[Item] = [_namespace(name, found) for name, found in _by_namespace(manifests)]
    if own:
        box = Box(id="cluster", title="for the cluster's owner", lines=_kinds(own))
        inside.append(Group(id="owner", title="cluster-wide", items=(box,), columns=1))
    if not manifests:
        services = tuple(_planned(plan) for plan in topology.planned)
        inside.append(
            Group(
                id="services",
                title="services",
                lines=_instead(topology, by, refused),
                items=services,
                columns=_columns(len(services)),
            )
        )
    places = common.by_place(topology)
    at = [plans[0].service.place.cluster for plans in places.values()]
    clusters = {cluster.name if cluster else "": cluster for cluster in at}
    own_nodes = [_place(plans, alone=bool(by)) for plans in places.values()]
    items: list[Item] = [*inside, *own_nodes]
    if not by and len(clusters) == 1 and (cluster := next(iter(clusters.values()))) is not None:
        title = f"cluster {words.shorten(cluster.name)}"
        platform = words.shorten(cluster.platform)
        items = [Group(id="all", title=title, lines=(platform,), items=tuple(items))]
    edges = tuple(_edges(topology, manifests)) if len(topology.planned) <= MOST_EDGES else ()
    facts = (f"plan {words.digest(topology)}", *_counted(manifests))
    return common.picture(topology, VIEW, items, edges, facts=facts)


def _containers_by(topology: Topology) -> str:
    """Return what starts the containers of a machine; empty where nobody asked for such."""
    asked = {spelled(one.target): one.options for one in topology.emissions}
    deployed = sorted(asked.keys() - set(PICTURES))
    match deployed:
        case ["compose"]:
            return FORMS["compose"]
        case ["on-prem"]:
            usual = "compose" if fits_one_machine(topology) else ""
            return FORMS.get(str(asked["on-prem"].get("form", usual)), "")
        case _:
            return ""


def _instead(topology: Topology, by: str, refused: str) -> tuple[str, ...]:
    """Return what is said of services that no Kubernetes objects stand for."""
    if by:
        return (f"containers, started by {by}",)
    if refused and _cluster(topology):
        return (f"no Kubernetes objects: {words.shorten(refused, 90)}",)
    return ()


def _cluster(topology: Topology) -> bool:
    """Return whether anything runs on Kubernetes."""
    return any(plan.service.place.cluster is not None for plan in topology.planned)


def _objects(topology: Topology) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...], str]:
    """Return the objects, those of the whole cluster, and why there are none."""
    stated = [one.options for one in topology.emissions if one.target == KUBERNETES]
    options = stated[0] if stated else dict[str, str | float | bool]()
    found = refuse(topology, options)
    if has_errors(found):
        reason = next(one.message for one in found if has_errors([one]))
        return (), (), reason
    return build_objects(topology, options), cluster_objects(topology, options), ""


def _counted(manifests: Sequence[Manifest]) -> Iterator[str]:
    if manifests:
        yield plural(len(manifests), "Kubernetes object")


def _by_namespace(manifests: Sequence[Manifest]) -> Iterator[tuple[str, list[Manifest]]]:
    """Yield namespaces with what is applied in them; a namespace itself belongs to its own."""
    found: dict[str, list[Manifest]] = {}
    for one in manifests:
        name = one.name if one.kind == "Namespace" else one.namespace
        found.setdefault(name, []).append(one)
    yield from found.items()


def _namespace(name: str, manifests: Sequence[Manifest]) -> Group:
    """Return a namespace with a box for each service, and one for what they share."""
    groups: dict[str, list[Manifest]] = {}
    for one in manifests:
        groups.setdefault(one.labels.get(SERVICE_LABEL, ""), []).append(one)
    many = len(groups) > MOST_EDGES
    items = tuple(
        Box(
            id=f"objects {service} {name}",
            title=service or "shared by all services",
            aside=plural(len(own), "object") if many and service else "",
            lines=() if many and service else _kinds(own),
            kind=Kind.SERVICE if service else Kind.PLAIN,
        )
        for service, own in groups.items()
    )
    return Group(
        id=f"namespace {name}",
        title=f"namespace {name}" if name else "no namespace",
        lines=(plural(len(manifests), "object"), *(_each(groups) if many else ())),
        items=items,
        columns=_columns(len(groups) - ("" in groups)),
    )


def _columns(services: int) -> int:
    """Return how many boxes of ``services`` stand side by side: none that a line would cross."""
    return 1 if services <= MOST_EDGES else ROW


def _each(groups: Mapping[str, Sequence[Manifest]]) -> Iterator[str]:
    """Yield which kinds of objects services have, and how many services have just these."""
    kinds: dict[str, int] = {}
    for service, own in groups.items():
        if service:
            told = ", ".join(dict.fromkeys(one.kind for one in own))
            kinds[told] = kinds.get(told, 0) + 1
    for told, count in kinds.items():
        yield f"{plural(count, 'service')}: {told}"


def _kinds(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """Return a line for each kind of object, with the names, or how many there are."""
    kinds: dict[str, list[str]] = {}
    for one in manifests:
        kinds.setdefault(one.kind, []).append(one.name)
    return tuple(
        f"{kind} {', '.join(names)}"
        if len(names) <= MOST_NAMES
        else f"{len(names)} {words.TIMES_SIGN} {kind}"
        for kind, names in kinds.items()
    )


def _planned(plan: words.Planned) -> Box:
    """Return a service that no Kubernetes object stands for."""
    return Box(
        id=f"planned {plan.service.name}",
        title=words.shorten(plan.service.name, 28),
        lines=(words.shorten(plan.service.model.title), words.shape(plan), words.scaling(plan)[0]),
        kind=Kind.SERVICE,
    )


def _place(plans: Sequence[words.Planned], *, alone: bool) -> Box:
    """Return the nodes, or the platform, that services run on."""
    place = plans[0].service.place
    return Box(
        id=_place_id(place),
        title=words.shorten(place.path),
        aside="machine" if alone else _what(place),
        lines=(words.place(plans), *words.rented(place), *_weights(plans)),
        kind=Kind.STORE,
    )


def _what(place: Place) -> str:
    """Return what a place is."""
    if place.platform is not None:
        return words.shorten(place.platform.title)
    return "node pool" if place.cluster is not None else "machine"


def _weights(plans: Sequence[words.Planned]) -> Iterator[str]:
    size = sum({plan.service.model.id: plan.weights_bytes for plan in plans}.values())
    yield f"weights to hold: {show(size, 'bytes')}"


def _place_id(place: Place) -> str:
    return f"place {place.path}"


def _edges(topology: Topology, manifests: Sequence[Manifest]) -> Iterator[Edge]:
    """Yield which nodes the objects of each service run on."""
    names = _names(topology) if manifests else dict[str, str]()
    for plan in topology.planned:
        service = plan.service.name
        at = names.get(service)
        found = [one.namespace for one in manifests if at and one.labels.get(SERVICE_LABEL) == at]
        source = f"objects {at} {found[0]}" if found else f"planned {service}"
        if found or not manifests:
            yield Edge(source=source, target=_place_id(plan.service.place), line=Line.RUNS_ON)


def _names(topology: Topology) -> Mapping[str, str]:
    """Return what the objects of each service are called."""
    return {plan.service.name: dns_label(deployed_name(plan.service)) for plan in topology.planned}
