"""A machine's containers as Quadlet units: Podman makes services of systemd out of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from inferc.targets.on_prem.containers import CONFIG, INSIDE, OUTSIDE, Container, Mount
from inferc.targets.on_prem.machines import Machine
from inferc.targets.on_prem.parts import joined

FOLDER = "units"

KEYS: Final = frozenset(
    {"AddCapability", "AddDevice", "ContainerName", "DropCapability", "Entrypoint", "Environment"}
    | {"Exec", "HealthCmd", "HealthInterval", "HealthRetries", "HealthStartPeriod"}
    | {"HealthTimeout", "Image", "Network", "NetworkAlias", "NoNewPrivileges", "PodmanArgs"}
    | {"PublishPort", "ReadOnly", "SecurityLabelDisable", "ShmSize", "StopTimeout", "Tmpfs"}
    | {"User", "Group", "Volume"}
)
"""The keys of ``[Container]`` in use. Source: podman-systemd.unit(5) and ``pkg/systemd/quadlet`` of
Podman 5."""

ESCAPES: Final[Mapping[str, str]] = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "%": "%%",
    "$": "$$",
}
"""What systemd reads as something else: specifiers, variables, quotes. Quadlet hands all of it on.
Source: systemd.service(5), command lines; systemd.unit(5), specifiers."""


def word(text: str) -> str:
    """Return ``text`` as one word of a line that becomes a part of a command."""
    return f'"{"".join(_escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    known = ESCAPES.get(char)
    if known is not None:
        return known
    return f"\\x{ord(char):02x}" if ord(char) < ord(" ") or char == "\x7f" else char


def value(text: str) -> str:
    """Return ``text`` as the value of a key that Quadlet does not split into words."""
    return text.replace("%", "%%").replace("$", "$$")


def units(
    machine: Machine, found: Sequence[Container], directory: str
) -> Iterator[tuple[str, str]]:
    """Yield name and text of each unit; ``directory`` is the machine's folder."""
    for network in (INSIDE, OUTSIDE):
        yield f"{machine.project}-{network}.network", _text(_network(machine, network))
    for one in found:
        name = f"{machine.project}-{one.name}.container"
        yield name, _text(_sections(machine, one, directory))


Section = tuple[str, Sequence[tuple[str, str]]]


def _network(machine: Machine, network: str) -> list[Section]:
    fields = [("NetworkName", f"{machine.project}-{network}")]
    if network == INSIDE:
        fields.append(("Internal", "true"))
    return [("Network", fields)]


def _sections(machine: Machine, one: Container, directory: str) -> list[Section]:
    return [
        ("Unit", list(_unit(machine, one))),
        ("Container", list(_container(machine, one, directory))),
        ("Service", list(_service(one))),
        ("Install", [("WantedBy", "multi-user.target")]),
    ]


def _unit(machine: Machine, one: Container) -> Iterator[tuple[str, str]]:
    yield "Description", value(f"{machine.project}: {one.title}")
    for other in one.after:
        yield "Requires", f"{machine.project}-{other}.service"
        yield "After", f"{machine.project}-{other}.service"
    if one.once:
        # What fails at once, as without a token, is told; what takes longer is tried again.
        yield "StartLimitIntervalSec", "300"
        yield "StartLimitBurst", "6"


def _container(machine: Machine, one: Container, directory: str) -> Iterator[tuple[str, str]]:
    yield "ContainerName", f"{machine.project}-{one.name}"
    yield "Image", value(one.image)
    if one.entrypoint:
        first, *rest = one.entrypoint
        yield "Entrypoint", value(first)
        words = (*rest, *one.arguments)
    else:
        words = one.arguments
    if words:
        yield "Exec", " ".join(word(text) for text in words)
    for name, text in sorted(one.environment.items()):
        yield "Environment", word(f"{name}={text}")
    yield from _account(one)
    for network in one.networks:
        yield "Network", f"{machine.project}-{network}.network"
    if one.networks:
        yield "NetworkAlias", one.name
    else:
        yield "Network", "none"
    for port in one.ports:
        yield "PublishPort", f"{port.address}:{port.port}:{port.inside}"
    for mount in one.mounts:
        yield "Volume", _mount(mount, directory)
    for path in one.tmpfs:
        yield "Tmpfs", f"{path}:mode=1777"
    yield from _hardware(one)
    yield from _health(one)
    yield "StopTimeout", str(one.stop_s)


def _account(one: Container) -> Iterator[tuple[str, str]]:
    if one.user:
        user, _, group = one.user.partition(":")
        yield "User", user
        yield "Group", group
    yield "DropCapability", "all"
    if one.capabilities:
        yield "AddCapability", " ".join(one.capabilities)
    yield "NoNewPrivileges", "true"
    yield "ReadOnly", "true" if one.read_only else "false"


def _mount(mount: Mount, directory: str) -> str:
    folder = joined(directory, "config") if mount.origin == CONFIG else directory
    options = "rw,z" if mount.writable else "ro,z"
    return value(f"{joined(folder, mount.source)}:{mount.target}:{options}")


def _hardware(one: Container) -> Iterator[tuple[str, str]]:
    for device in one.devices:
        yield "AddDevice", f"nvidia.com/gpu={device}"
    if one.all_devices:
        yield "AddDevice", "nvidia.com/gpu=all"
    if one.devices or one.all_devices:
        yield "SecurityLabelDisable", "true"  # SELinux keeps containers from the devices else
    if one.shm_gib:
        yield "ShmSize", f"{one.shm_gib}g"
    yield "PodmanArgs", f"--memory={one.memory_gib}g"


def _health(one: Container) -> Iterator[tuple[str, str]]:
    if one.health is None:
        return
    health = one.health
    # A list in JSON is run without a shell.
    yield "HealthCmd", value(_json(health.command))
    yield "HealthStartPeriod", f"{health.start_s}s"
    yield "HealthInterval", f"{health.interval_s}s"
    yield "HealthTimeout", f"{health.timeout_s}s"
    yield "HealthRetries", str(health.retries)


def _json(words: Sequence[str]) -> str:
    import json

    return json.dumps(list(words))


def _service(one: Container) -> Iterator[tuple[str, str]]:
    if one.once:
        yield "Type", "oneshot"
        yield "RemainAfterExit", "yes"
        yield "Restart", "on-failure"
        yield "RestartSec", "10s"
        # Else the first try that fails ends the starts of all that wait for it. Releases of systemd
        # before 254 log that they do not know it. Source: systemd.service(5), RestartMode=.
        yield "RestartMode", "direct"
        yield "TimeoutStartSec", "infinity"  # a download takes as long as it takes
        return
    yield "Restart", "always"
    yield "RestartSec", "5s"
    yield "TimeoutStartSec", "1800"  # the image may have to be fetched first
    yield "TimeoutStopSec", str(one.stop_s + 30)


def _text(sections: Sequence[Section]) -> str:
    parts = [
        "\n".join([f"[{title}]", *(f"{key}={text}" for key, text in fields)]) + "\n"
        for title, fields in sections
    ]
    return "\n".join(parts)
