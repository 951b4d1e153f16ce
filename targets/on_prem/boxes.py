"""Single machines: a folder of files for each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span, has_errors
from inferc.targets import monitoring, to_yaml
from inferc.targets.base import Artifact, Emitted
from inferc.targets.heading import heading
from inferc.targets.monitoring import Watched
from inferc.targets.on_prem import compose, quadlet, texts
from inferc.targets.on_prem.checks import check
from inferc.targets.on_prem.configs import configs
from inferc.targets.on_prem.containers import Container
from inferc.targets.on_prem.lists import lists
from inferc.targets.on_prem.machines import Machine, machines, servings_of
from inferc.targets.on_prem.options import COMPOSE, Choices
from inferc.targets.on_prem.parts import configured, containers
from inferc.targets.on_prem.refusals import refusals

HASH_COMMENTS = (".yaml", ".container", ".network")
"""Ends of files that may begin with comments."""


def emit(topology: Topology, choices: Choices, form: str, span: Span | None) -> Emitted:
    """Return a folder for each machine that ``topology`` has something to run on."""
    servings = servings_of(topology)
    refused = tuple(refusals(topology, servings, form))
    if has_errors(refused):
        return Emitted(artifacts=(), diagnostics=refused)
    boxes = machines(topology, servings)
    built = [(machine, containers(machine, choices)) for machine in boxes]
    wrong = tuple(problem for machine, found in built for problem in check(machine, found, span))
    if has_errors(wrong):
        return Emitted(artifacts=(), diagnostics=(*refused, *wrong))
    quiet = tuple(
        warning
        for machine, _ in built
        for one in watched(machine)
        for warning in monitoring.unwatched(one)
    )
    artifacts = [
        replace(artifact, path=f"{machine.name}/{artifact.path}" if machine.name else artifact.path)
        for machine, found in built
        for artifact in _files(topology, machine, found, choices, form, boxes)
    ]
    return Emitted(
        artifacts=tuple(sorted(artifacts, key=lambda one: one.path)),
        diagnostics=(*refused, *_once(quiet)),
    )


def watched(machine: Machine) -> tuple[Watched, ...]:
    """Return how the services of ``machine`` are watched: each machine sees its own replicas."""
    return tuple(
        Watched(
            topology=serving.topology,
            plan=serving.plan,
            engine=serving.engine,
            metrics=monitoring.metrics_of(serving.engine),
            namespace=machine.project,
            name=serving.name,
            most_replicas=len(machine.of(serving)),
            start_s=serving.slow_start_s,
            devices=tuple(device for one in machine.of(serving) for device in one.devices),
        )
        for serving in machine.servings
    )


def _files(
    topology: Topology,
    machine: Machine,
    found: Sequence[Container],
    choices: Choices,
    form: str,
    boxes: Sequence[Machine],
) -> Iterator[Artifact]:
    directory = choices.directory or f"/srv/inferc/{machine.project}"
    services = watched(machine)
    texts_of = dict(configs(machine, choices, services))
    for path, text in texts_of.items():
        title = "Configuration of what runs beside the engines"
        yield _artifact(f"config/{path}", _headed(topology, path, title, text))
    if form == COMPOSE:
        made = [configured(one, texts_of) for one in found]
        text = to_yaml.dump(compose.compose(machine, made, directory))
        yield _artifact(compose.FILE, _headed(topology, compose.FILE, "Every container", text))
    else:
        for name, text in quadlet.units(machine, found, directory):
            title = "A unit of Podman's Quadlet"
            yield _artifact(f"{quadlet.FOLDER}/{name}", _headed(topology, name, title, text))
    if choices.monitoring:
        yield from monitoring.files(
            services,
            delivered="This machine's Prometheus reads the same rules from its own folder.",
        )
    yield from texts.texts(
        texts.Output(
            topology=topology,
            machine=machine,
            containers=tuple(found),
            choices=choices,
            form=form,
            directory=directory,
            others=tuple(one.name for one in boxes if one.name != machine.name),
        )
    )
    yield from lists(topology, machine.servings, (one.image for one in found))


def _headed(topology: Topology, path: str, title: str, text: str) -> str:
    return heading(topology, title) + text if path.endswith(HASH_COMMENTS) else text


def _artifact(path: str, text: str) -> Artifact:
    return Artifact(path=path, content=text.encode())


def _once(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return ``found`` without repetitions: services on several machines are one to the user."""
    return tuple({(one.code, one.message): one for one in found}.values())
