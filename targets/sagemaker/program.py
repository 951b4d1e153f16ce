"""The Pulumi program: components that are the same everywhere, and a thin `__main__.py`."""

from collections.abc import Iterator, Mapping

from inferc.targets import to_python, to_yaml
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.render import render
from inferc.targets.sagemaker.deployment import ASYNCHRONOUS, COMPONENTS, VARIANT, Deployment
from inferc.targets.versions import PULUMI, PULUMI_AWS, PULUMI_POLICY


def project_name(planned: Deployment) -> str:
    """Return the name of the project, under which its configuration is kept."""
    return dns_label(planned.topology.name)


def program(planned: Deployment) -> Mapping[str, str]:
    """Return the files of the program, by their paths."""
    modules = list(_modules(planned))
    return {
        "Pulumi.yaml": to_yaml.dump(_project(planned)),
        "Pulumi.dev.yaml": to_yaml.dump(_stack(planned, protect=False)),
        "Pulumi.prod.yaml": to_yaml.dump(_stack(planned, protect=True)),
        "__main__.py": render("sagemaker/__main__.py", _main(planned)),
        "components/__init__.py": '"""The components of the program."""\n',
        "requirements.txt": f"pulumi=={PULUMI.version}\npulumi-aws=={PULUMI_AWS.version}\n",
        "requirements-dev.txt": f"-r requirements.txt\npulumi-policy=={PULUMI_POLICY.version}\n",
        **_policies(planned),
        "tests/test_program.py": render(
            "sagemaker/test_program.py", {"project": to_python.literal(project_name(planned))}
        ),
        **{f"components/{name}.py": render(f"sagemaker/{name}.py", {}) for name in modules},
    }


def _policies(planned: Deployment) -> Mapping[str, str]:
    """Return the policy pack, and its tests."""
    about: dict[str, Data] = {
        "description": f"Holds what is created to the plan of {project_name(planned)}",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
    }
    return {
        "policy/PulumiPolicy.yaml": to_yaml.dump(about),
        "policy/__main__.py": render("sagemaker/policy_main.py", {}),
        "policy/requirements.txt": f"pulumi=={PULUMI.version}\n"
        f"pulumi-policy=={PULUMI_POLICY.version}\n",
        "policy/rules.py": render("sagemaker/rules.py", {}),
        "tests/test_policy.py": render("sagemaker/test_policy.py", {}),
    }


def _modules(planned: Deployment) -> Iterator[str]:
    """Yield the modules that this program needs."""
    yield from ("access", "endpoint", "naming", "plan", "storage", "watching")
    if planned.choices.vpc:
        yield "network"
    if planned.has(COMPONENTS):
        yield "shared_endpoint"
    if planned.choices.registry:
        yield "registry"


def _imports(planned: Deployment) -> Iterator[str]:
    """Yield the imports of `__main__.py`, in their order."""
    found: dict[str, tuple[str, ...]] = {
        "access": ("ExecutionRole", "ExecutionRoleArgs"),
        "endpoint": ("Surroundings",),
        "naming": ("endpoint_name",),
        "plan": ("load",),
        "storage": ("Storage", "StorageArgs"),
    }
    if planned.has(VARIANT, ASYNCHRONOUS):
        found["endpoint"] = ("ModelEndpoint", "ModelEndpointArgs", "Surroundings")
    if planned.has(COMPONENTS):
        found["shared_endpoint"] = ("SharedEndpoint", "SharedEndpointArgs")
    if planned.choices.vpc:
        found["network"] = ("PrivateNetwork", "PrivateNetworkArgs")
    if planned.choices.registry:
        found["registry"] = ("Registry", "RegistryArgs")
    for module in sorted(found):
        yield from to_python.import_from(f"components.{module}", found[module])


def _main(planned: Deployment) -> Mapping[str, object]:
    return {
        "imports": list(_imports(planned)),
        "vpc": planned.choices.vpc,
        "queue": planned.has(ASYNCHRONOUS),
        "shared": planned.has(COMPONENTS),
        "whole": planned.has(VARIANT, ASYNCHRONOUS),
        "registered": planned.choices.registry,
        "priced": any(one.usd_per_h is not None for one in planned.endpoints),
    }


def _project(planned: Deployment) -> dict[str, Data]:
    about = " ".join(planned.topology.doc.split())
    config: dict[str, Data] = {
        "alarmEmail": _setting("string", "", "Who is told of alarms by mail; empty: nobody"),
        "protectData": _setting(
            "boolean", "false", "Whether `pulumi destroy` leaves buckets and key alone"
        ),
        "weightsBucket": _setting(
            "string", "", "A bucket of weights that is there already; empty: one of the stack's own"
        ),
        "weightsStaged": _setting(
            "boolean", "false", "Whether the weights are in the bucket, so that endpoints can start"
        ),
    }
    if any(one.shadow_percent for one in planned.endpoints):
        about_it = "Revision of the weights that the candidate has"
        config["candidateRevision"] = {"type": "string", "description": about_it}
    if planned.choices.vpc:
        for name, what in (("subnetIds", "Subnets"), ("securityGroupIds", "Security groups")):
            config[name] = {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": f"{what} of a network that is there already; none: a new network",
            }
    return {
        "name": project_name(planned),
        "description": about or f"Serves the models of {planned.topology.name}",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
        "config": dict(sorted(config.items())),
    }


def _setting(kind: str, default: str, about: str) -> Data:
    value: Data = default if kind == "string" else default == "true"
    return {"type": kind, "default": value, "description": about}


def _stack(planned: Deployment, *, protect: bool) -> dict[str, Data]:
    """Return the configuration of one environment."""
    return {"config": {f"{project_name(planned)}:protectData": protect}}
