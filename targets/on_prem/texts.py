"""What people read and run first: README, preflight, setup."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from inferc.compiler.topology import Topology
from inferc.targets.base import Artifact
from inferc.targets.heading import heading
from inferc.targets.on_prem.containers import Container
from inferc.targets.on_prem.machines import Machine
from inferc.targets.on_prem.options import COMPOSE, Choices
from inferc.targets.on_prem.parts import (
    GRAFANA_USER,
    PASSWORD_FILE,
    TOKEN_FILE,
    USER,
    host_folders,
    ports_of,
)
from inferc.targets.render import render
from inferc.targets.versions import DOCKER, NVIDIA_TOOLKIT, PODMAN, Component

IMAGE_GIB = 30
"""Of disk for images: an engine's takes ten to twenty unpacked, the others one or two."""
SYSTEM_GIB = 4
"""Of memory that the machine itself needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One machine as it is written."""

    topology: Topology
    machine: Machine
    containers: tuple[Container, ...]
    choices: Choices
    form: str
    directory: str
    others: tuple[str, ...]
    """Names of the topology's other machines."""

    @property
    def memory_gib(self) -> int:
        """Of the machine: what all containers may take that run all the time."""
        return SYSTEM_GIB + sum(one.memory_gib for one in self.containers if not one.once)

    @property
    def disk_gib(self) -> int:
        """Below the machine's folder."""
        return sum(one.storage_gib for one in self.machine.servings)


def texts(output: Output) -> Iterator[Artifact]:
    """Yield the scripts and the README of one machine."""
    title = "What the machine lacks, if anything"
    values: dict[str, object] = {
        "header": heading(output.topology, title),
        "needs": tuple(_needs(output)),
    }
    yield _file("preflight.sh", render("on_prem/preflight.sh", values), executable=True)
    yield _file("setup.sh", render("on_prem/setup.sh", _setup(output)), executable=True)
    yield _file("README.md", render("on_prem/README.md", _readme(output)))


def _needs(output: Output) -> Iterator[tuple[str, str]]:
    """Yield what must be there, and the command that succeeds if it is."""
    place, folder = output.machine.place, shlex.quote(output.directory)
    if output.form == COMPOSE:
        yield "Docker with Compose", "docker compose version"
        yield "GPUs for Docker", "nvidia-ctk --version"
    else:
        yield "Podman", "podman --version"
        yield "systemd", "systemctl --version"
        yield "GPUs for Podman", "grep -q nvidia.com/gpu /etc/cdi/nvidia.yaml"
    devices = 1 + max(device for one in output.machine.replicas for device in one.devices)
    yield "1 GPU" if devices == 1 else f"{devices} GPUs", f"gpus {devices}"
    label = place.accelerator.product_label
    if label:
        yield f"GPUs of the kind {label}", f"product {shlex.quote(label)}"
    yield f"{output.memory_gib} GiB of memory", f"gibibytes_of_memory {output.memory_gib}"
    yield f"{output.disk_gib} GiB of disk", f"gibibytes_free {folder} {output.disk_gib}"
    for port in sorted(port.port for one in output.containers for port in one.ports):
        yield f"port {port}, free", f"port_free {port}"


def _setup(output: Output) -> dict[str, object]:
    choices = output.choices
    return {
        "header": heading(output.topology, "Makes what the containers find on the machine"),
        "directory": output.directory,
        "folders": host_folders(output.machine, choices),
        "token": not choices.air_gapped,
        "token_file": TOKEN_FILE,
        "token_owner": USER,
        "monitoring": choices.monitoring,
        "password_file": PASSWORD_FILE,
        "password_owner": GRAFANA_USER,
        "units": output.form != COMPOSE,
    }


def _readme(output: Output) -> dict[str, object]:
    machine, choices = output.machine, output.choices
    docker = output.form == COMPOSE
    runtime: Component = DOCKER if docker else PODMAN
    ports = ports_of(machine, choices)
    return {
        "topology": output.topology.name,
        "digest": output.topology.digest,
        "machine": machine.name or "one machine",
        "own": "`compose.override.yaml`" if docker else "drop-ins beside the units",
        "directory": output.directory,
        "start": tuple(_start(output)),
        "air_gapped": choices.air_gapped,
        # Units of the system see the images of root, not those of whoever loads them.
        "load": f"{'docker' if docker else 'sudo podman'} load -i FILE",
        "components": (runtime, NVIDIA_TOOLKIT),
        "memory": output.memory_gib,
        "disk": output.disk_gib,
        "image_disk": IMAGE_GIB,
        "gpus": len({device for one in machine.replicas for device in one.devices}),
        "accelerator": machine.place.accelerator.title,
        "services": [
            {
                "name": one.name,
                "port": ports[one.name],
                "model": one.plan.service.model_name,
                "replicas": len(machine.of(one)),
                "devices": ", ".join(
                    " ".join(str(device) for device in replica.devices)
                    for replica in machine.of(one)
                ),
            }
            for one in machine.servings
        ],
        "listen": choices.listen,
        "host": _host(choices.listen),
        "others": ", ".join(f"`{name}`" for name in output.others),
        "monitoring": choices.monitoring,
        "operation": tuple(_operation(output)),
    }


def _host(listen: str) -> str:
    """Return what stands for the machine in an address that may be called."""
    return "HOST" if listen == "0.0.0.0" else listen  # noqa: S104 - said, not bound


def _start(output: Output) -> Iterator[str]:
    if output.form == COMPOSE:
        yield "docker compose up -d"
        yield "docker compose ps"
        return
    project = output.machine.project
    for one in output.containers:
        if not one.once:
            yield f"sudo systemctl start {project}-{one.name}"


def _operation(output: Output) -> Iterator[str]:
    if output.form == COMPOSE:
        yield "Stop with `docker compose down`: what runs may end its requests first."
        yield (
            "A changed plan: compile again, `sudo ./setup.sh`, `docker compose up -d "
            "--remove-orphans`. Only what has changed is replaced."
        )
    else:
        project = output.machine.project
        units = " ".join(f"{project}-{one.name}" for one in output.containers)
        yield (
            "A changed plan: compile again, `sudo ./setup.sh`, then restart what has changed, the "
            f"weights of a new model first. All of it: `sudo systemctl restart {units}`."
        )
        yield "The units start with the machine. `journalctl -u NAME` shows what one says."
        yield (
            "A service that is gone from the file: stop its units and delete them from "
            "`/etc/containers/systemd`; nothing else does."
        )
        yield "GPUs are given by CDI: after a new driver run `nvidia-ctk cdi generate` again."
    yield "A replica with a new model needs its weights first: the services wait for them."
    if output.form != COMPOSE:
        name = f"{output.machine.project}-NAME-weights"
        yield (
            "Weights that could not be had six times in five minutes are not tried again: mend the "
            f"cause, then `sudo systemctl reset-failed {name}` and start the services."
        )
    yield "Delete folders of weights that no service names any more by hand; nothing else does."


def _file(name: str, text: str, *, executable: bool = False) -> Artifact:
    return Artifact(path=name, content=text.encode(), executable=executable)
