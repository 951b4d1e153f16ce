"""A module of the emitted program: one component with the objects of one concern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi.adjust import limited
from inferc.targets.pulumi.grouping import (
    CLUSTER_SCOPED,
    FOUNDATION,
    PODS,
    Component,
    attributes_of,
)
from inferc.targets.pulumi.objects import CONTAINER, Constants, Missing, Writer, constants_of
from inferc.targets.pulumi.options import WAITED_FOR, annotations_of, job_limit_s, options_of
from inferc.targets.to_python import (
    WIDTH,
    Expression,
    assign,
    call,
    flat,
    import_from,
    lay_out,
    literal,
)

GENERATED = "Generated: change the .infer file instead, or customise.py."
TYPE_PREFIX = "inferc:serving:"


@dataclass(frozen=True, slots=True)
class Argument:
    """Something that the program tells a component."""

    name: str
    type: str
    default: str
    """Empty where it must be told."""
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The text of a component's module, with what it needs beside it."""

    text: str
    missing: tuple[Missing, ...]
    files: Mapping[str, str]
    """Long texts that it reads, by path."""
    custom: frozenset[str]
    """The custom kinds that it creates."""


def arguments_of(component: Component) -> tuple[Argument, ...]:
    """Return what the program tells ``component``."""
    found: list[Argument] = []
    if component.has_namespace:
        found.append(Argument("namespace", "pulumi.Input[str]", "", "Where its objects live."))
    if component.of_kind(*PODS):
        meaning = "Mirror that images are pulled from; empty: as planned."
        found.append(Argument("image_registry", "str", '""', meaning))
    if component.adjustable:
        most = str(component.most_replicas)
        found.append(Argument("most_replicas", "int", most, "How many replicas at most."))
    if component.of_kind(*WAITED_FOR, "PersistentVolumeClaim"):
        start, rollout = component.start_s, component.start_s * max(1, component.most_replicas)
        found += [
            Argument("start_timeout", "str", literal(f"{start}s"), "How long a start may take."),
            Argument(
                "rollout_timeout", "str", literal(f"{rollout}s"), "How long a rollout may take."
            ),
        ]
    if component.of_kind("Job"):
        limit = literal(f"{job_limit_s(component)}s")
        found.append(Argument("fetch_timeout", "str", limit, "How long a download may take."))
    if component.of_kind("PersistentVolumeClaim"):
        meaning = "Whether `pulumi destroy` refuses while the volume of weights is there."
        found.append(Argument("protect_weights", "bool", "False", meaning))
    if component.of_kind("PersistentVolumeClaim", "Namespace"):
        meaning = "Whether the volume of weights stays in the cluster when the stack is destroyed."
        found.append(Argument("retain_weights", "bool", "False", meaning))
    if component.module in (FOUNDATION, CLUSTER_SCOPED) and not component.label:
        meaning = "What must be there before anything else, such as the parts of a new cluster."
        found.append(Argument("after", "Sequence[pulumi.Resource]", "()", meaning))
    if component.of_kind(*PODS):
        meaning = "What must be there before the first pod."
        found.append(Argument("fences", "Sequence[pulumi.Resource]", "()", meaning))
    return tuple(found)


def render(component: Component) -> Module:
    """Return the module of ``component``."""
    most = component.most_replicas if component.adjustable else 0
    ordered = [limited(one, most) if most else one for one in component.ordered()]
    constants = constants_of(ordered)
    own = component.of_kind("Namespace")
    namespace = "self.namespace.metadata.name" if own else "args.namespace"
    writer = Writer(constants, namespace, component.namespace)
    attributes = attributes_of(component)
    methods = [line for one in ordered for line in _method(component, one, writer, attributes)]
    lines = [
        *_head(component, writer),
        *_constants(constants),
        *_arguments(component),
        *_containers(component, writer),
        *_class(component, ordered, attributes),
        *methods,
    ]
    return Module(
        text="\n".join(lines) + "\n",
        missing=tuple(writer.missing),
        files=constants.files,
        custom=frozenset(writer.custom),
    )


def _head(component: Component, writer: Writer) -> list[str]:
    sequence = any("Sequence" in argument.type for argument in arguments_of(component))
    common = [
        *(["mirrored"] if writer.containers else []),
        *(["read"] if writer.constants.files else []),
    ]
    local = [
        *(import_from("components", ["custom"]) if writer.custom else []),
        *(import_from("components.common", common) if common else []),
    ]
    return [
        f'"""{component.about}.',
        "",
        GENERATED,
        '"""',
        "",
        *(["from collections.abc import Sequence"] if sequence else []),
        "from dataclasses import dataclass",
        "",
        "import pulumi",
        "import pulumi_kubernetes as k8s",
        *(["", *local] if local else []),
    ]


def _constants(constants: Constants) -> list[str]:
    if not constants.values:
        return []
    lines = [line for name in constants.values for line in assign(name, constants.values[name])]
    return ["", *lines]


def _containers(component: Component, writer: Writer) -> list[str]:
    """Return the functions that make the containers."""
    kind = f"k8s.{CONTAINER}Args"
    lines: list[str] = []
    for name, value in writer.containers.items():
        about = name.removesuffix("_container").replace("_", " ")
        header = call(f"def {name}", [("", f"args: {component.class_name}Args")])
        lines += [
            "",
            "",
            *lay_out("", header, behind=f" -> {kind}:"),
            f'    """Return the container of: {about}."""',
            *lay_out("return ", value, indent=4),
        ]
    return lines


def _arguments(component: Component) -> list[str]:
    known = arguments_of(component)
    lines = [
        "",
        "",
        "@dataclass(frozen=True, kw_only=True)",
        f"class {component.class_name}Args:",
        '    """What the program says; everything else was planned."""',
        *([""] if known else []),
    ]
    for one in known:
        lines.append(f"    {one.name}: {one.type}{f' = {one.default}' if one.default else ''}")
        lines.append(f'    """{one.meaning}"""')
    return lines


def _class(
    component: Component, ordered: Sequence[Manifest], attributes: Mapping[str, str]
) -> list[str]:
    name = component.class_name
    outputs = _outputs(component)
    lines = [
        "",
        "",
        f"class {name}(pulumi.ComponentResource):",
        f'    """{component.about}."""',
        "",
        *lay_out("def __init__", _parameters(f"{name}Args"), indent=4, behind=" -> None:"),
        *lay_out("", call("super().__init__", _token(name)), indent=8),
    ]
    for one in ordered:
        attribute = attributes[f"{one.namespace}/{one.id}"]
        lines += _kept(attribute)
    for output, value in outputs:
        lines += lay_out(f"self.{output} = ", value, indent=8)
    published = ", ".join(f"{literal(output)}: self.{output}" for output, _ in outputs)
    return [*lines, f"        self.register_outputs({{{published}}})"]


def _kept(attribute: str) -> list[str]:
    """Return the statement that makes one object and keeps it."""
    before, made = f"        self.{attribute} = ", f"self._{attribute}(args)"
    if len(before) + len(made) <= WIDTH:
        return [before + made]
    return [f"{before}(", f"            {made}", "        )"]


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
    return [("", literal(TYPE_PREFIX + name)), ("", "name"), ("", "{}"), ("", "opts")]


def has_endpoint(component: Component) -> bool:
    """Return whether it publishes an address."""
    return bool(component.label and component.of_kind("Service"))


def _outputs(component: Component) -> list[tuple[str, Expression]]:
    """Return what the component publishes."""
    if has_endpoint(component):
        services = component.of_kind("Service")
        named = [one for one in services if one.name == component.label] or list(services)
        parts = [literal(f"http://{named[0].name}."), "args.namespace", literal(".svc")]
        return [("endpoint", call("pulumi.Output.concat", [("", part) for part in parts]))]
    if not component.has_namespace:
        return []
    spaces = component.of_kind("Namespace")
    name = "self.namespace.metadata.name" if spaces else "pulumi.Output.from_input(args.namespace)"
    return [("namespace_name", name)]


def _method(
    component: Component, manifest: Manifest, writer: Writer, attributes: Mapping[str, str]
) -> list[str]:
    """Return the method that creates one object."""
    attribute = attributes[f"{manifest.namespace}/{manifest.id}"]
    options = options_of(component, manifest, attributes)
    resource = writer.resource(manifest, options, annotations_of(component, manifest))
    kind = flat(resource).partition("(")[0]
    header = call("", [("", "self"), ("", f"args: {component.class_name}Args")])
    return [
        "",
        *lay_out(f"def _{attribute}", header, indent=4, behind=f" -> {kind}:"),
        *lay_out("return ", resource, indent=8),
    ]
