"""The containers of a machine: downloads, engines, the proxy before them, what watches them."""

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from inferc.targets.kubernetes.objects import arguments, hub, storage
from inferc.targets.kubernetes.objects.deployed import STARTUP_PERIOD_S
from inferc.targets.kubernetes.objects.releases import Release, release_of
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.on_prem.containers import (
    CONFIG,
    DATA,
    INSIDE,
    LOOPBACK,
    OUTSIDE,
    Container,
    Health,
    Mount,
    Port,
)
from inferc.targets.on_prem.images import image_of
from inferc.targets.on_prem.machines import Machine, Replica
from inferc.targets.on_prem.options import Choices
from inferc.targets.versions import CADDY, DCGM_EXPORTER, GRAFANA, PROMETHEUS

USER: Final = "10001:10001"
"""An account that no image has."""
PROMETHEUS_USER: Final = "65534:65534"
GRAFANA_USER: Final = "472:0"
"""The accounts of their images. Source: the Dockerfiles of Prometheus 3.5 and Grafana 12."""

PROMETHEUS_PORT, GRAFANA_PORT, DCGM_PORT = 9090, 3000, 9400
RETENTION: Final = "30d"
STOP_MARGIN_S: Final = 15
HEALTH_SCRIPT: Final = (
    "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4).read()"
)
"""The engines' images have Python, and not all have curl."""

TOKEN_FILE, PASSWORD_FILE = "secrets/hf-token", "secrets/grafana-admin"


def containers(machine: Machine, choices: Choices) -> tuple[Container, ...]:
    """Return every container of ``machine``, in the order in which they may start."""
    return tuple(_containers(machine, choices))


def ports_of(machine: Machine, choices: Choices) -> dict[str, int]:
    """Return the port of each service."""
    return {one.name: choices.port + number for number, one in enumerate(machine.servings)}


def _containers(machine: Machine, choices: Choices) -> Iterator[Container]:
    for serving in machine.servings:
        release = release_of(serving.engine)
        if release is None:
            continue
        yield _prefetch(serving, release, choices)
        for replica in machine.of(serving):
            yield _engine(replica, release, choices)
    yield _proxy(machine, choices)
    if choices.monitoring:
        yield _exporter(choices)
        yield _prometheus(choices)
        yield _grafana(choices)


def configured(one: Container, texts: Mapping[str, str]) -> Container:
    """Return a container with the digest of what it mounts of ``texts``, files of configuration."""
    mounted = [mount.source for mount in one.mounts if mount.origin == CONFIG]
    found = {
        path: text
        for path, text in sorted(texts.items())
        if any(path == source or path.startswith(f"{source}/") for source in mounted)
    }
    if not found:
        return one
    whole = "\0".join(part for pair in found.items() for part in pair)
    return replace(one, config=hashlib.sha256(whole.encode()).hexdigest())


def prefetch_name(serving: Serving) -> str:
    """Return what the container is called that fetches the weights."""
    return f"{serving.name}-weights"


def _weights(serving: Serving, *, writable: bool) -> Mount:
    """Return the folder of the weights: models of all services lie beside each other."""
    del serving
    return Mount(origin=DATA, source="models", target=storage.MOUNT, writable=writable)


def _prefetch(serving: Serving, release: Release, choices: Choices) -> Container:
    command = () if choices.air_gapped else tuple(storage.download_command(serving, release))
    script = hub.CHECK_SCRIPT if choices.air_gapped else storage.FETCH_SCRIPT
    token = Mount(origin=DATA, source=TOKEN_FILE, target="/run/secrets/hf-token")
    return Container(
        name=prefetch_name(serving),
        title=f"The weights of {serving.name}, fetched once",
        image=image_of(serving.engine.image, choices),
        entrypoint=("sh", "-ceu", script, "prefetch"),
        arguments=command,
        environment={
            "DIRECTORY": storage.directory(serving),
            "MARKER": storage.MARKER,
            "HOME": "/tmp",  # noqa: S108 - of the container
            "HF_HOME": "/tmp/hf",  # noqa: S108
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_TOKEN_PATH": token.target,
            "HF_XET_CHUNK_CACHE_SIZE_BYTES": "0",
        },
        mounts=(
            _weights(serving, writable=not choices.air_gapped),
            *(() if choices.air_gapped else (token,)),
        ),
        networks=() if choices.air_gapped else (OUTSIDE,),
        user=USER,
        memory_gib=8,
        once=True,
        tmpfs=("/tmp",),  # noqa: S108
    )


def _engine(replica: Replica, release: Release, choices: Choices) -> Container:
    serving = replica.serving
    url = f"http://127.0.0.1:{serving.engine.port}{serving.engine.health_path}"
    model = storage.directory(serving)
    words = [f"{release.model_flag}={model}" if release.model_flag else model]
    for flag, value in arguments.flags(serving, release):
        words.append(flag if value is None else f"{flag}={value}")
    shared = release_environment(release)
    cache = Mount(origin=DATA, source=f"cache/{replica.name}", target="/cache", writable=True)
    return Container(
        name=replica.name,
        title=f"Replica {replica.index} of {serving.name}",
        image=image_of(serving.engine.image, choices),
        entrypoint=release.command,
        arguments=(*words, *release.always),
        environment=shared,
        mounts=(_weights(serving, writable=False), cache),
        networks=(INSIDE,),
        user=USER,
        devices=replica.devices,
        shm_gib=serving.shm_gib,
        memory_gib=serving.memory_gib,
        health=Health(
            command=("python3", "-c", HEALTH_SCRIPT, url),
            start_s=serving.startup_failures * STARTUP_PERIOD_S,
        ),
        stop_s=serving.drain_s + STOP_MARGIN_S,
        after=(prefetch_name(serving),),
        tmpfs=("/tmp",),  # noqa: S108
        # The GPU's hook writes to the root file system before the engine starts.
        read_only=False,
    )


def release_environment(release: Release) -> dict[str, str]:
    """Return the environment of an engine: it fetches nothing, and writes to its cache alone."""
    return {
        "HOME": "/cache",
        "USER": "inferc",
        "HF_HOME": "/cache/hf",
        "HF_HUB_OFFLINE": "1",
        "XDG_CACHE_HOME": "/cache/xdg",
        "XDG_CONFIG_HOME": "/cache/config",
        **dict(sorted(release.environment.items())),
    }


def _proxy(machine: Machine, choices: Choices) -> Container:
    return Container(
        name="proxy",
        title="What answers outside, and shares the requests among the replicas",
        image=image_of(CADDY.image, choices),
        entrypoint=("caddy",),
        arguments=("run", "--config", "/etc/caddy/caddy.json"),
        mounts=(Mount(origin=CONFIG, source="caddy.json", target="/etc/caddy/caddy.json"),),
        ports=tuple(
            Port(address=choices.listen, port=port, inside=port)
            for port in ports_of(machine, choices).values()
        ),
        networks=(INSIDE, OUTSIDE),
        user=USER,
        memory_gib=1,
        # Its binary asks for it in its file: without, the kernel does not start it.
        capabilities=("NET_BIND_SERVICE",),
        stop_s=max((one.drain_s for one in machine.servings), default=0) + STOP_MARGIN_S,
        tmpfs=("/data", "/config"),
    )


def _exporter(choices: Choices) -> Container:
    return Container(
        name="dcgm",
        title="How busy the GPUs are",
        image=image_of(DCGM_EXPORTER.image, choices),
        networks=(INSIDE,),
        all_devices=True,
        memory_gib=1,
        # As NVIDIA documents it: without, DCGM has no profiling metrics.
        capabilities=("SYS_ADMIN",),
        read_only=False,
    )


def _prometheus(choices: Choices) -> Container:
    return Container(
        name="prometheus",
        title="Records and warns",
        image=image_of(PROMETHEUS.image, choices),
        arguments=(
            "--config.file=/etc/prometheus/prometheus.yaml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={RETENTION}",
        ),
        mounts=(
            Mount(
                origin=CONFIG,
                source="prometheus.yaml",
                target="/etc/prometheus/prometheus.yaml",
            ),
            Mount(origin=CONFIG, source="rules", target="/etc/prometheus/rules"),
            Mount(origin=DATA, source="prometheus", target="/prometheus", writable=True),
        ),
        ports=(Port(address=LOOPBACK, port=PROMETHEUS_PORT, inside=PROMETHEUS_PORT),),
        networks=(INSIDE, OUTSIDE),
        user=PROMETHEUS_USER,
        memory_gib=4,
        stop_s=60,
    )


def _grafana(choices: Choices) -> Container:
    return Container(
        name="grafana",
        title="Shows it",
        image=image_of(GRAFANA.image, choices),
        environment={
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
            "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana-admin",
        },
        mounts=(
            Mount(
                origin=CONFIG,
                source="grafana/datasources.yaml",
                target="/etc/grafana/provisioning/datasources/inferc.yaml",
            ),
            Mount(
                origin=CONFIG,
                source="grafana/provider.yaml",
                target="/etc/grafana/provisioning/dashboards/inferc.yaml",
            ),
            Mount(
                origin=CONFIG,
                source="grafana/dashboards",
                target="/var/lib/inferc/dashboards",
            ),
            Mount(origin=DATA, source="grafana", target="/var/lib/grafana", writable=True),
            Mount(origin=DATA, source=PASSWORD_FILE, target="/run/secrets/grafana-admin"),
        ),
        ports=(Port(address=LOOPBACK, port=GRAFANA_PORT, inside=GRAFANA_PORT),),
        networks=(INSIDE, OUTSIDE),
        user=GRAFANA_USER,
        memory_gib=1,
        tmpfs=("/tmp",),  # noqa: S108
    )


def host_folders(machine: Machine, choices: Choices) -> tuple[tuple[str, str, str], ...]:
    """Return folders that must be there: path, owner, mode."""
    found = [("models", USER, "0755"), ("secrets", "0:0", "0711")]
    found += [(f"cache/{one.name}", USER, "0755") for one in machine.replicas]
    if choices.monitoring:
        found += [("prometheus", PROMETHEUS_USER, "0755"), ("grafana", GRAFANA_USER, "0755")]
    return tuple(found)


def joined(*parts: str) -> str:
    """Return a path of the machine."""
    return posixpath.join(*parts)
