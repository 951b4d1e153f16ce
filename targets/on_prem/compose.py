"""A machine's containers for Docker Compose."""

from collections.abc import Sequence

from inferc.targets.base import Data
from inferc.targets.on_prem.containers import CONFIG, INSIDE, OUTSIDE, Container, Mount
from inferc.targets.on_prem.machines import Machine
from inferc.targets.on_prem.parts import joined

FILE = "compose.yaml"
CONFIG_FOLDER = "./config"
CONFIG_LABEL = "dev.inferc.config"
"""Compose makes a container anew when its own fields change, and does not look into the files that
it mounts: the proxy would go on with the replicas of the last plan."""


def literal(text: str) -> str:
    """Return ``text`` such that Compose does not read a variable in it."""
    return text.replace("$", "$$")


def compose(machine: Machine, found: Sequence[Container], directory: str) -> dict[str, Data]:
    """Return the whole file; ``directory`` is the machine's folder for weights and data."""
    return {
        "name": machine.project,
        "services": {one.name: service(one, directory) for one in found},
        "networks": {INSIDE: {"internal": True}, OUTSIDE: {}},
    }


def service(one: Container, directory: str) -> dict[str, Data]:
    """Return one container."""
    fields: dict[str, Data] = {"image": literal(one.image)}
    if one.entrypoint:
        fields["entrypoint"] = [literal(word) for word in one.entrypoint]
    if one.arguments:
        fields["command"] = [literal(word) for word in one.arguments]
    if one.environment:
        fields["environment"] = {
            name: literal(value) for name, value in sorted(one.environment.items())
        }
    if one.config:
        fields["labels"] = {CONFIG_LABEL: one.config}
    if one.user:
        fields["user"] = one.user
    fields |= _fences(one)
    fields |= _connections(one, directory)
    fields |= _resources(one)
    fields |= _life(one)
    return fields


def _fences(one: Container) -> dict[str, Data]:
    fields: dict[str, Data] = {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": one.read_only,
    }
    if one.capabilities:
        fields["cap_add"] = list(one.capabilities)
    if one.tmpfs:
        fields["tmpfs"] = [f"{path}:mode=1777" for path in one.tmpfs]
    return fields


def _connections(one: Container, directory: str) -> dict[str, Data]:
    fields: dict[str, Data] = {}
    if one.mounts:
        fields["volumes"] = [_mount(mount, directory) for mount in one.mounts]
    if one.ports:
        fields["ports"] = [
            {
                "target": port.inside,
                "published": str(port.port),
                "host_ip": port.address,
                "protocol": "tcp",
            }
            for port in one.ports
        ]
    if one.networks:
        fields["networks"] = list(one.networks)
    else:
        fields["network_mode"] = "none"
    return fields


def _mount(mount: Mount, directory: str) -> dict[str, Data]:
    folder = CONFIG_FOLDER if mount.origin == CONFIG else directory
    return {
        "type": "bind",
        "source": literal(joined(folder, mount.source)),
        "target": mount.target,
        "read_only": not mount.writable,
        # A folder that Docker makes belongs to root, and nothing could be written to it.
        "bind": {"create_host_path": False, "selinux": "z"},
    }


def _resources(one: Container) -> dict[str, Data]:
    fields: dict[str, Data] = {"mem_limit": f"{one.memory_gib}g"}
    if one.shm_gib:
        fields["shm_size"] = f"{one.shm_gib}g"
    if one.devices or one.all_devices:
        device: dict[str, Data] = {"driver": "nvidia", "capabilities": ["gpu"]}
        if one.all_devices:
            device["count"] = "all"
        else:
            device["device_ids"] = [str(number) for number in one.devices]
        fields["deploy"] = {"resources": {"reservations": {"devices": [device]}}}
    return fields


def _life(one: Container) -> dict[str, Data]:
    fields: dict[str, Data] = {
        "restart": "on-failure:6" if one.once else "unless-stopped",
        "stop_grace_period": f"{one.stop_s}s",
    }
    if one.after:
        done: dict[str, Data] = {"condition": "service_completed_successfully"}
        fields["depends_on"] = dict.fromkeys(one.after, done)
    if one.health is not None:
        health = one.health
        fields["healthcheck"] = {
            "test": ["CMD", *(literal(word) for word in health.command)],
            "start_period": f"{health.start_s}s",
            "interval": f"{health.interval_s}s",
            "timeout": f"{health.timeout_s}s",
            "retries": health.retries,
        }
    return fields
