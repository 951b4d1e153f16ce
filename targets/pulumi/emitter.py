"""A topology as a Pulumi program in Python."""

from collections.abc import Mapping
from dataclasses import replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.kubernetes.objects import build_objects, refuse
from inferc.targets.kubernetes.objects.serving import servings
from inferc.targets.kubernetes.objects.settings import TARGET as KUBERNETES
from inferc.targets.kubernetes.objects.settings import read_options
from inferc.targets.pulumi import program
from inferc.targets.pulumi.component import components_of, render
from inferc.targets.pulumi.diagnostics import no_sdk_field
from inferc.targets.pulumi.plan_file import plan_file
from inferc.targets.pulumi.readme import readme
from inferc.targets.sharing import refusals
from inferc.targets.versions import PULUMI_KUBERNETES

NAME_A_TARGET = ("INF601", "INF602", "INF603")
"""Diagnostics that name the target which cannot do something."""


class PulumiTarget:
    """A typed Pulumi program that creates the objects of the Kubernetes target."""

    name: str = "pulumi"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        missing_means = refusals(topology, self.name)
        if missing_means:
            return Emitted(artifacts=(), diagnostics=missing_means)
        refused = tuple(_said_here(item) for item in refuse(topology, options, self.name))
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        texts, missing = _texts(topology, options)
        if missing:
            return Emitted(artifacts=(), diagnostics=(*refused, *missing))
        artifacts = (
            Artifact(path=path, content=texts[path].encode("utf-8")) for path in sorted(texts)
        )
        return Emitted(artifacts=tuple(artifacts), diagnostics=refused)


def _said_here(item: Diagnostic) -> Diagnostic:
    """Return what the shared objects refuse as said by this target, which is what was asked for."""
    if item.code not in NAME_A_TARGET:
        return item
    ours, theirs = f"`{TARGET.name}`", f"`{KUBERNETES}`"
    notes = tuple(note.replace(theirs, ours) for note in item.notes)
    return replace(item, message=item.message.replace(theirs, ours), notes=notes)


def _texts(
    topology: Topology, options: Options
) -> tuple[Mapping[str, str], tuple[Diagnostic, ...]]:
    """Return the text of every file, and what is wrong with them."""
    choices, _ = read_options(options)
    parts = servings(topology, choices)
    components = components_of(build_objects(topology, options))
    priced = any(part.plan.price_usd_per_s is not None for part in parts)
    rendered = {one.module: render(one) for one in components}
    missing = [item for _, found in rendered.values() for item in found]
    texts = {
        "Pulumi.yaml": program.project(topology),
        "README.md": readme(topology, parts, components, priced=priced),
        "__main__.py": program.main(components, priced=priced),
        "components/__init__.py": '"""The components of the program."""\n',
        "plan.json": plan_file(topology, parts),
        "requirements.txt": program.requirements(),
        "tests/test_program.py": program.tests(topology),
        **{f"components/{module}.py": text for module, (text, _) in rendered.items()},
    }
    release = f"pulumi-kubernetes {PULUMI_KUBERNETES.version}"
    return texts, tuple(
        no_sdk_field(object_=item.object, owner=item.owner, field=item.field, sdk=release)
        for item in dict.fromkeys(missing)
    )


TARGET = PulumiTarget()
