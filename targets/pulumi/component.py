"""A module of the emitted program: one component with the objects of one service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi.objects import CONTAINER, Constants, Missing, Writer, constants_of
from inferc.targets.pulumi.python import (
    Expression,
    array,
    assign,
    call,
    class_name,
    flat,
    lay_out,
    literal,
    module_name,
    snake,
    stem,
)

FOUNDATION = "foundation"
SERVICE_LABEL = "app.kubernetes.io/name"
ROLE_LABEL = "app.kubernetes.io/component"
SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")
WAITS_FOR_FENCES = ("Deployment", "Job")
FENCES = ("NetworkPolicy", "ServiceAccount")


@dataclass(frozen=True, slots=True)
class Argument:
    """Something that the program tells a component."""

    name: str
    type: str
    default: str
    """Empty where it must be told."""
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component of the program: of one service, or of what all services share."""

    label: str
    """The DNS label of the service; empty for what is shared."""
    module: str
    namespace: str
    manifests: tuple[Manifest, ...]

    @property
    def class_name(self) -> str:
        """The class of the component."""
        return f"{class_name(self.label)}Service" if self.label else "Foundation"

    @property
    def variable(self) -> str:
        """What the program calls it."""
        return f"{stem(self.label).replace('-', '_')}_service" if self.label else FOUNDATION

    def of_kind(self, *kinds: str) -> tuple[Manifest, ...]:
        """Return its objects of ``kinds``."""
        return tuple(one for one in self.manifests if one.kind in kinds)

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What the program tells it."""
        found = [Argument("namespace", "pulumi.Input[str]", "", "Where its objects live.")]
        for deployment in self.of_kind("Deployment"):
            start_s = _number(deployment.body, "progressDeadlineSeconds")
            rollout_s = start_s * self.most_replicas
            found += [
                Argument("start_timeout", "str", f"{start_s}s", "How long a start may take."),
                Argument("rollout_timeout", "str", f"{rollout_s}s", "How long a rollout may take."),
            ]
        for job in self.of_kind("Job"):
            limit = f"{_number(job.body, 'activeDeadlineSeconds')}s"
            found.append(Argument("fetch_timeout", "str", limit, "How long a download may take."))
        if self.of_kind("PersistentVolumeClaim"):
            meaning = "Whether `pulumi destroy` leaves the volume of weights alone."
            found.append(Argument("protect_weights", "bool", "False", meaning))
        if self.of_kind(*WAITS_FOR_FENCES):
            kind = "Sequence[pulumi.Resource]"
            meaning = "What must be there before the first pod."
            found.append(Argument("fences", kind, "()", meaning))
        return tuple(found)

    @property
    def most_replicas(self) -> int:
        """The most replicas that its Deployment ever has."""
        for name in ("maxReplicaCount", "maxReplicas", "replicas"):
            for one in self.manifests:
                spec = one.body.get("spec")
                if isinstance(spec, Mapping) and isinstance(spec.get(name), int):
                    return max(1, _number(one.body, name))
        return 1


def _number(body: Mapping[str, Data], name: str) -> int:
    """Return a whole number of an object's ``spec``."""
    spec = body.get("spec")
    value = spec.get(name) if isinstance(spec, Mapping) else None
    return value if isinstance(value, int) else 0


def components_of(manifests: Sequence[Manifest]) -> tuple[Component, ...]:
    """Return the components that create ``manifests``: what is shared, then each service."""
    labels = dict.fromkeys(one.labels.get(SERVICE_LABEL, "") for one in manifests)
    found: list[Component] = []
    taken = {FOUNDATION}
    for label in ("", *sorted(label for label in labels if label)):
        module = module_name(label, taken) if label else FOUNDATION
        taken.add(module)
        own = tuple(one for one in manifests if one.labels.get(SERVICE_LABEL, "") == label)
        spaces = [one.namespace for one in manifests if one.namespace]
        found.append(
            Component(
                label=label,
                module=module,
                namespace=next(iter(spaces), ""),
                manifests=own,
            )
        )
    return tuple(found)


def attribute_of(component: Component, manifest: Manifest) -> str:
    """Return what the component calls an object: by kind, and by its role where several have it."""
    kind, alike = snake(manifest.kind), component.of_kind(manifest.kind)
    if len(alike) == 1:
        return kind
    roles = [one.labels.get(ROLE_LABEL, "") for one in alike]
    role = manifest.labels.get(ROLE_LABEL, "")
    about = role if role and roles.count(role) == 1 else f"n{alike.index(manifest) + 1}"
    return f"{about.replace('-', '_')}_{kind}"


def render(component: Component) -> tuple[str, tuple[Missing, ...]]:
    """Return the text of the module, and the fields that the SDK lacks."""
    constants = constants_of(component.manifests)
    own = component.of_kind("Namespace")
    writer = Writer(constants, "self.namespace.metadata.name" if own else "args.namespace")
    ordered = _ordered(component)
    methods = [line for one in ordered for line in _method(component, one, writer)]
    lines = [
        *_head(component),
        *_constants(constants),
        *_containers(writer),
        *_arguments(component),
        *_class(component, ordered),
        *methods,
    ]
    return "\n".join(lines) + "\n", tuple(writer.missing)


def _ordered(component: Component) -> list[Manifest]:
    """Return the objects such that each comes behind what it names in its options."""
    late = [one for one in component.manifests if one.kind in SCALERS]
    return [one for one in component.manifests if one.kind not in SCALERS] + late


def _head(component: Component) -> list[str]:
    about = f"The service {component.label}" if component.label else "What all services share"
    sequence = any("Sequence" in argument.type for argument in component.arguments)
    return [
        f'"""{about}. Generated: change the .infer file instead, or add a transform."""',
        "",
        *(["from collections.abc import Sequence"] if sequence else []),
        "from dataclasses import dataclass",
        "",
        "import pulumi",
        "import pulumi_kubernetes as k8s",
    ]


def _constants(constants: Constants) -> list[str]:
    if not constants.values:
        return []
    lines = [line for name in constants.values for line in assign(name, constants.values[name])]
    return ["", *lines]


def _containers(writer: Writer) -> list[str]:
    """Return the functions that make the containers."""
    kind = f"k8s.{CONTAINER}Args"
    lines: list[str] = []
    for name, value in writer.containers.items():
        lines += ["", "", f"def {name}() -> {kind}:", *lay_out("return ", value, indent=4)]
    return lines


def _arguments(component: Component) -> list[str]:
    lines = [
        "",
        "",
        "@dataclass(frozen=True, kw_only=True)",
        f"class {component.class_name}Args:",
        '    """What the program says; everything else was planned."""',
        "",
    ]
    for one in component.arguments:
        value = literal(one.default) if one.type == "str" else one.default
        lines.append(f"    {one.name}: {one.type}{f' = {value}' if one.default else ''}")
        lines.append(f'    """{one.meaning}"""')
    return lines


def _class(component: Component, ordered: Sequence[Manifest]) -> list[str]:
    label = component.label
    about = f"The engine of {label} with all that belongs to it" if label else "The namespace"
    name = component.class_name
    outputs = _outputs(component)
    lines = [
        "",
        "",
        f"class {name}(pulumi.ComponentResource):",
        f'    """{about}."""',
        "",
        *lay_out(
            "def __init__",
            _parameters(f"{name}Args"),
            indent=4,
            behind=" -> None:",
        ),
        *lay_out("", call("super().__init__", _token(name)), indent=8),
    ]
    for one in ordered:
        attribute = attribute_of(component, one)
        lines.append(f"        self.{attribute} = self._{attribute}(args)")
    for output, value in outputs:
        lines += lay_out(f"self.{output} = ", value, indent=8)
    published = ", ".join(f"{literal(output)}: self.{output}" for output, _ in outputs)
    return [*lines, f"        self.register_outputs({{{published}}})"]


def _parameters(arguments: str) -> Expression:
    return call(
        "",
        [
            ("", "self"),
            ("", "name: str"),
            ("", f"args: {arguments}"),
            ("", "opts: pulumi.ResourceOptions | None = None"),
        ],
    )


def _token(name: str) -> list[tuple[str, Expression]]:
    return [("", literal(f"inferc:serving:{name}")), ("", "name"), ("", "{}"), ("", "opts")]


def _outputs(component: Component) -> list[tuple[str, Expression]]:
    """Return what the component publishes."""
    services = component.of_kind("Service")
    if services:
        parts = [literal(f"http://{services[0].name}."), "args.namespace", literal(".svc")]
        call_ = call("pulumi.Output.concat", [("", part) for part in parts])
        return [("endpoint", call_)]
    spaces = component.of_kind("Namespace")
    name = "self.namespace.metadata.name" if spaces else "pulumi.Output.from_input(args.namespace)"
    return [("namespace_name", name)]


def _method(component: Component, manifest: Manifest, writer: Writer) -> list[str]:
    """Return the method that creates one object."""
    attribute = attribute_of(component, manifest)
    resource = writer.resource(manifest, _options(component, manifest))
    kind = flat(resource).partition("(")[0]
    header = call("", [("", "self"), ("", f"args: {component.class_name}Args")])
    return [
        "",
        *lay_out(f"def _{attribute}", header, indent=4, behind=f" -> {kind}:"),
        *lay_out("return ", resource, indent=8),
    ]


def _options(component: Component, manifest: Manifest) -> Expression:
    """Return the options of one object: parent, order, waits, who owns what."""
    options: list[tuple[str, Expression]] = [("parent", "self")]
    policies = [f"self.{attribute_of(component, one)}" for one in component.of_kind(*FENCES)]
    match manifest.kind:
        case "Deployment":
            options.append(("depends_on", array(["*args.fences", *policies])))
            times = [("create", "args.start_timeout"), ("update", "args.rollout_timeout")]
            options.append(_timeouts(times))
            if component.of_kind(*SCALERS):
                options.append(("ignore_changes", array([literal("spec.replicas")])))
        case "Job":
            options.append(("depends_on", array(["*args.fences", *policies])))
            options.append(_timeouts([("create", "args.fetch_timeout")]))
        case "Service":
            times = [("create", "args.start_timeout"), ("update", "args.rollout_timeout")]
            options.append(_timeouts(times))
        case "PersistentVolumeClaim":
            options.append(("protect", "args.protect_weights"))
            options.append(_timeouts([("create", "args.start_timeout")]))
        case kind if kind in SCALERS:
            options.append(("depends_on", array(["self.deployment"])))
        case _:
            pass
    return call("pulumi.ResourceOptions", options)


def _timeouts(times: Sequence[tuple[str, str]]) -> tuple[str, Expression]:
    """Return how long Pulumi waits; its own ten minutes are less than a cold start."""
    return "custom_timeouts", call("pulumi.CustomTimeouts", times)
