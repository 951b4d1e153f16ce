"""The files of the emitted program beside its components."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.targets import to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.pulumi.component import arguments_of, has_endpoint
from inferc.targets.pulumi.grouping import CLUSTER_SCOPED, FOUNDATION, Component
from inferc.targets.render import render
from inferc.targets.to_python import (
    Expression,
    call,
    dictionary,
    import_from,
    lay_out,
    literal,
)
from inferc.targets.versions import (
    API_VERSIONS,
    PULUMI,
    PULUMI_AWS,
    PULUMI_KUBERNETES,
    PULUMI_POLICY,
)

SETTINGS: Mapping[str, tuple[str, str | bool, str]] = {
    "context": ("string", "", "Context of the kubeconfig to deploy to; empty: the current one"),
    "imageRegistry": ("string", "", "Mirror that images are pulled from; empty: as planned"),
    "clusterObjects": ("boolean", True, "Create what belongs to the whole cluster, too"),
    "createSecrets": ("boolean", False, "Create the Secrets from encrypted configuration"),
    "protectWeights": ("boolean", False, "Refuse whatever would delete the weights"),
    "retainWeights": ("boolean", False, "Leave the weights in the cluster on `pulumi destroy`"),
}
"""What every stack may set, with its type, its default and what it means."""

STACKS: Mapping[str, Mapping[str, str]] = {
    "dev": {"protectWeights": "false"},
    "prod": {"protectWeights": "true", "retainWeights": "true"},
}
"""The stacks that the program comes with; their files are the user's own from then on."""

RUFF = 'line-length = 100\ntarget-version = "py310"\n'
PYRIGHT = """\
{
  "typeCheckingMode": "strict",
  "pythonVersion": "3.10",
  "venvPath": ".",
  "venv": ".venv",
  "include": ["__main__.py", "components", "customise.py", "plan.py", "policy", "settings.py"],
  "executionEnvironments": [{"root": "policy"}, {"root": "."}]
}
"""


def project(topology: Topology) -> str:
    """Return `Pulumi.yaml`."""
    return to_yaml.dump(_project(topology))


def _project(topology: Topology) -> dict[str, Data]:
    about = " ".join(topology.doc.split())
    return {
        "name": project_name(topology),
        "description": about or f"Serves the models of {topology.name}",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
        "config": {
            key: {"type": kind, "default": default, "description": meaning}
            for key, (kind, default, meaning) in SETTINGS.items()
        },
    }


def project_name(topology: Topology) -> str:
    """Return the name of the project, under which its configuration is kept."""
    return dns_label(topology.name)


def stack(topology: Topology, name: str) -> str:
    """Return the configuration of one stack."""
    name_of = project_name(topology)
    config: dict[str, Data] = {f"{name_of}:{key}": text for key, text in STACKS[name].items()}
    head = to_yaml.comment(
        (
            f"Configuration of the stack {name}. Yours: `pulumi config set` writes it, inferc",
            "wrote it once and never does again. README.md lists the keys.",
        )
    )
    return head + to_yaml.dump({"config": config})


def requirements(*, eks: bool = False) -> str:
    """Return `requirements.txt`: the releases that the program is type-checked with."""
    aws = f"pulumi-aws=={PULUMI_AWS.version}\n" if eks else ""
    return f"pulumi=={PULUMI.version}\n{aws}pulumi-kubernetes=={PULUMI_KUBERNETES.version}\n"


def requirements_dev() -> str:
    """Return `requirements-dev.txt`: what the tests of the policies take beside."""
    return f"-r requirements.txt\npulumi-policy=={PULUMI_POLICY.version}\n"


def custom(kinds: Iterable[str]) -> str:
    """Return the classes of the custom kinds, of which the SDK has none."""
    values = [{"kind": kind, "api_version": literal(API_VERSIONS[kind])} for kind in sorted(kinds)]
    return render("pulumi/custom.py", {"kinds": values})


def main(components: Sequence[Component], *, priced: bool, secrets: bool, eks: bool = False) -> str:
    """Return `__main__.py`: configuration, components, outputs."""
    modules = {
        "customise": ["customise"],
        "plan": ["accelerators", "load_plan", *(["usd_per_hour"] if priced else [])],
        "settings": ["load_settings"],
        **({"components.secrets": ["Secrets", "SecretsArgs"]} if secrets else {}),
        **({"components.eks": ["Eks", "EksArgs"]} if eks else {}),
        **({"components.platform": ["Platform", "PlatformArgs"]} if eks else {}),
        **{f"components.{one.module}": [one.class_name, _args(one)] for one in components},
    }
    shared = [one for one in components if not one.label]
    services = [one for one in components if one.label]
    values = {
        "imports": [line for name in sorted(modules) for line in import_from(name, modules[name])],
        "components": [
            "\n".join(lines)
            for lines in (*_shared(shared, secrets=secrets, eks=eks), *map(_construct, services))
        ],
        "export_endpoints": "\n".join(_export_endpoints(services)),
        "priced": priced,
        "eks": eks,
    }
    return render("pulumi/__main__.py", values)


def tests(topology: Topology, *, eks: bool) -> str:
    """Return `tests/test_program.py`: the program run under mocks."""
    values = {"project": literal(project_name(topology)), "eks": eks}
    return render("pulumi/test_program.py", values)


def _args(component: Component) -> str:
    return f"{component.class_name}Args"


def _shared(components: Sequence[Component], *, secrets: bool, eks: bool) -> Iterator[list[str]]:
    """Yield the statements that make what no service owns alone."""
    by_name = {one.module: one for one in components}
    after = "[platform]" if eks else ""
    yield [
        *_construct(by_name[FOUNDATION], after),
        f"fences: list[pulumi.Resource] = [{FOUNDATION}]",
    ]
    if CLUSTER_SCOPED in by_name:
        yield _fence("settings.cluster_objects", _made(by_name[CLUSTER_SCOPED], after))
    if secrets:
        arguments = [("namespace", f"{FOUNDATION}.namespace_name"), ("keys", 'plan["secrets"]')]
        secret = call(
            "Secrets",
            [("", '"secrets"'), ("", call("SecretsArgs", arguments)), ("opts", "on_cluster")],
        )
        yield _fence("settings.create_secrets", secret)
    for one in components:
        if one.module not in (FOUNDATION, CLUSTER_SCOPED):
            yield _construct(one)


def _fence(condition: str, made: Expression) -> list[str]:
    """Return the statement that makes one more component that pods wait for."""
    return [f"if {condition}:", *lay_out("", call("fences.append", [("", made)]), indent=4)]


def _construct(component: Component, after: str = "") -> list[str]:
    """Return the statement that makes a component."""
    return lay_out(f"{component.variable} = ", _made(component, after))


def _made(component: Component, after: str = "") -> Expression:
    """Return the construction of a component, once what ``after`` lists is there."""
    own = component.module == FOUNDATION
    service = [("", "plan"), ("", literal(component.label))]
    told: Mapping[str, Expression] = {
        "namespace": 'plan["namespace"]' if own else f"{FOUNDATION}.namespace_name",
        "image_registry": "settings.image_registry",
        "most_replicas": call("settings.most_replicas", service),
        "protect_weights": "settings.protect_weights",
        "retain_weights": "settings.retain_weights",
        "fences": "fences",
        "after": after,
    }
    known = [one.name for one in arguments_of(component)]
    arguments = [(name, value) for name, value in told.items() if name in known and value]
    return call(
        component.class_name,
        [
            ("", literal(component.label or component.module.replace("_", "-"))),
            ("", call(_args(component), arguments)),
            ("opts", "on_cluster"),
        ],
    )


def _export_endpoints(components: Sequence[Component]) -> list[str]:
    """Return the statement that publishes the addresses of the services."""
    endpoints = dictionary(
        (one.label, f"{one.variable}.endpoint") for one in components if has_endpoint(one)
    )
    return lay_out("", call("pulumi.export", [("", literal("endpoints")), ("", endpoints)]))
