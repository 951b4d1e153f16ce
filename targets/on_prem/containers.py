"""What runs on a single machine, said once for Docker's and for Podman's way to say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INSIDE, OUTSIDE = "inside", "outside"
"""Networks of a machine: one without a way out, and one with it."""

CONFIG, DATA = "config", "data"
"""Where what is mounted comes from: emitted files, and the machine's own folder."""

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file or folder of the machine inside a container."""

    origin: str
    """:data:`CONFIG` or :data:`DATA`."""
    source: str
    """Relative to that."""
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the machine that leads into a container."""

    address: str
    port: int
    inside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How it is seen whether a container works."""

    command: tuple[str, ...]
    start_s: int
    """It may fail for so long after the start."""
    interval_s: int = 10
    timeout_s: int = 5
    retries: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container."""

    name: str
    title: str
    image: str
    entrypoint: tuple[str, ...] = ()
    """Empty for the image's own."""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    networks: tuple[str, ...] = ()
    """Empty for none at all."""
    user: str = ""
    """Empty for the image's own."""
    devices: tuple[int, ...] = ()
    """GPUs, by number."""
    all_devices: bool = False
    """Every GPU, to be watched."""
    shm_gib: int = 0
    memory_gib: int
    capabilities: tuple[str, ...] = ()
    """The only ones it has."""
    health: Health | None = None
    stop_s: int = 10
    once: bool = False
    """Whether it ends when its work is done."""
    after: tuple[str, ...] = ()
    """Containers that must have ended well before it starts."""
    tmpfs: tuple[str, ...] = ()
    read_only: bool = True
    config: str = ""
    """Digest of the emitted files that it mounts: with others it must be made anew."""
