"""A topology as a Pulumi program in Python."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.kubernetes.objects import build_objects, cluster_objects, layout_of, refuse
from inferc.targets.pulumi import eks, program
from inferc.targets.pulumi.choices import OPTIONS, makes_cluster, of_the_objects
from inferc.targets.pulumi.component import render
from inferc.targets.pulumi.diagnostics import no_sdk_field
from inferc.targets.pulumi.doors import doors
from inferc.targets.pulumi.grouping import components_of
from inferc.targets.pulumi.plan_file import plan_file
from inferc.targets.pulumi.policy import policy_files
from inferc.targets.pulumi.readme import readme
from inferc.targets.pulumi.secrets import secret_keys
from inferc.targets.render import render as template
from inferc.targets.versions import PULUMI_KUBERNETES


class PulumiTarget:
    """A typed Pulumi program that creates the objects of the Kubernetes target."""

    name: str = "pulumi"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        shared = of_the_objects(options)
        refused = refuse(topology, shared, self.name, known=tuple(OPTIONS))
        if not has_errors(refused):
            refused = (*refused, *eks.refuse(layout_of(topology, shared), options))
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        files, missing = _files(topology, shared, own_cluster=makes_cluster(options))
        if missing:
            return Emitted(artifacts=(), diagnostics=(*refused, *missing))
        ordered = tuple(sorted(files, key=lambda artifact: artifact.path))
        return Emitted(artifacts=ordered, diagnostics=refused)


def _files(
    topology: Topology, options: Options, *, own_cluster: bool
) -> tuple[Sequence[Artifact], tuple[Diagnostic, ...]]:
    """Return every file, and what is wrong with them."""
    layout = layout_of(topology, options)
    objects = (*cluster_objects(topology, options), *build_objects(topology, options))
    components = components_of(objects, layout.deployed)
    modules = {one.module: render(one) for one in components}
    secrets = secret_keys(objects, layout.namespace)
    priced = any(part.plan.price_usd_per_s is not None for part in layout.deployed)
    texts = {
        **_fixed(topology, own_cluster=own_cluster),
        **policy_files(layout, objects),
        "README.md": readme(layout, components, secrets, priced=priced, eks=own_cluster),
        "__main__.py": program.main(
            components, priced=priced, secrets=bool(secrets), eks=own_cluster
        ),
        "plan.json": plan_file(topology, layout.deployed, secrets, doors(objects)),
        **{f"components/{name}.py": one.text for name, one in modules.items()},
        **{path: text for one in modules.values() for path, text in one.files.items()},
    }
    if own_cluster:
        texts["cluster.json"] = eks.cluster_file(layout)
        texts["components/eks.py"] = template("pulumi/eks.py", {})
        texts["components/platform.py"] = template("pulumi/platform.py", {})
    if secrets:
        texts["components/secrets.py"] = template("pulumi/secrets.py", {})
    kinds = {kind for one in modules.values() for kind in one.custom}
    if kinds:
        texts["components/custom.py"] = program.custom(kinds)
    release = f"pulumi-kubernetes {PULUMI_KUBERNETES.version}"
    missing = dict.fromkeys(item for one in modules.values() for item in one.missing)
    wrong = tuple(
        no_sdk_field(object_=item.object, owner=item.owner, field=item.field, sdk=release)
        for item in missing
    )
    return (*_artifacts(texts), *_starters(topology)), wrong


def _fixed(topology: Topology, *, own_cluster: bool) -> Mapping[str, str]:
    """Return the files that depend on no object."""
    return {
        ".gitignore": template("pulumi/gitignore", {}),
        "Pulumi.yaml": program.project(topology),
        "components/__init__.py": '"""The components of the program."""\n',
        "components/common.py": template("pulumi/common.py", {}),
        "plan.py": template("pulumi/plan.py", {}),
        "pyrightconfig.json": program.PYRIGHT,
        "requirements-dev.txt": program.requirements_dev(),
        "requirements.txt": program.requirements(eks=own_cluster),
        "ruff.toml": program.RUFF,
        "settings.py": template("pulumi/settings.py", {}),
        "tests/test_program.py": program.tests(topology, eks=own_cluster),
    }


def _artifacts(texts: Mapping[str, str]) -> Iterator[Artifact]:
    for path, text in texts.items():
        yield Artifact(path=path, content=text.encode("utf-8"))


def _starters(topology: Topology) -> Iterator[Artifact]:
    """Yield the files that are the user's own once they are there."""
    texts = {
        "customise.py": template("pulumi/customise.py", {}),
        **{f"Pulumi.{name}.yaml": program.stack(topology, name) for name in program.STACKS},
    }
    for path, text in texts.items():
        yield Artifact(path=path, content=text.encode("utf-8"), starter=True)


TARGET = PulumiTarget()
