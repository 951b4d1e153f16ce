"""The programs of a real cluster: taken from PATH in a good version, else built once into a cache.

``python tests/e2e/programs/build.py`` does it for a contributor; the tests do it by themselves.
Each folder beside that script is a small Go module whose ``go.mod`` and ``go.sum`` pin everything
that is built, so that the same commit builds the same programs.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from support.cluster_missing import Missing

MODULES: Final = Path(__file__).resolve().parents[1] / "e2e" / "programs"
CACHE_VARIABLE: Final = "INFERC_E2E_PROGRAMS"
"""Names the folder that programs are built into; without it, one below the user's cache."""

BUILD_LIMIT_S: Final = 3000
VERSION_LIMIT_S: Final = 60
COMPILERS: Final = 2
"""How many packages Go builds at one time: those of Kubernetes take up to 2 GiB each."""

NUMBER = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")
Version = tuple[int, int]

KUBERNETES_FLAGS = (
    "-X k8s.io/component-base/version.gitVersion=v1.36.3",
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=36",
)
"""Without them each program calls itself v0.0.0, which clients refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One folder of :data:`MODULES`: what is built together."""

    name: str
    programs: tuple[str, ...]
    least: Version
    """The oldest version on PATH that will do."""
    most: Version
    """The newest; parts of one release must fit together, so those of Kubernetes are pinned."""
    version_arguments: tuple[str, ...] = ("--version",)
    link_flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    extra_files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Folders of a required module to be copied beside the programs: module, folder in it."""

    @property
    def folder(self) -> Path:
        """Where its ``go.mod`` lies."""
        return MODULES / self.name

    @property
    def digest(self) -> str:
        """Changes when what is built changes."""
        parts = [" ".join((*self.link_flags, *self.tags))]
        sources = [*self.folder.glob("go.*"), *self.folder.glob("*.go")]
        parts += [path.read_text("utf-8") for path in sorted(sources)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    @property
    def built(self) -> Path:
        """The folder that its programs are built into."""
        return cache_folder() / f"{self.name}-{self.digest}"


BY_NAME: Final[Mapping[str, Module]] = {
    module.name: module
    for module in (
        Module(
            name="etcd",
            programs=("etcd",),
            least=(3, 5),
            most=(3, 99),
        ),
        Module(
            name="kubernetes",
            programs=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
            least=(1, 36),
            most=(1, 36),
            link_flags=KUBERNETES_FLAGS,
        ),
        Module(
            name="kwok",
            programs=("kwok",),
            least=(0, 8),
            most=(0, 8),
            extra_files={"sigs.k8s.io/kwok": "kustomize/stage"},
        ),
        Module(
            name="helm",
            programs=("helm",),
            least=(3, 18),
            most=(3, 99),
            version_arguments=("version", "--short"),
            link_flags=("-X helm.sh/helm/v3/internal/version.version=v3.22.0",),
        ),
        Module(
            name="promtool",
            programs=("promtool",),
            least=(3, 0),
            most=(3, 9999),
            link_flags=("-X github.com/prometheus/common/version.Version=3.13.5",),
            # Service discovery is of no use here, and one module of it cannot be had everywhere.
            tags=("remove_all_sd",),
        ),
        Module(
            name="quadlet",
            programs=("quadlet",),
            least=(5, 2),
            most=(5, 99),
            version_arguments=("-version",),
            tags=("remote",),
        ),
    )
}

CLUSTER: Final = ("etcd", "kubernetes", "kwok")
"""What a cluster needs."""


def cache_folder() -> Path:
    """Return the folder that holds what was built."""
    stated = os.environ.get(CACHE_VARIABLE)
    if stated:
        return Path(stated)
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "inferc" / "e2e"


def programs(*modules: str) -> dict[str, Path]:
    """Return the programs of ``modules`` by name; what is missing is built.

    Raises:
        Missing: If one is neither on PATH in a good version nor can be built.
    """
    found: dict[str, Path] = {}
    for name in modules:
        found |= _programs_of(name)
    return found


def helm() -> Path:
    """Return Helm."""
    return programs("helm")["helm"]


def promtool() -> Path:
    """Return promtool, of the third Prometheus."""
    return programs("promtool")["promtool"]


def quadlet() -> Path:
    """Return Podman's generator of units."""
    return programs("quadlet")["quadlet"]


def stages() -> Path:
    """Return the folder with kwok's own stages: what its nodes and pods do by and by."""
    module = BY_NAME["kwok"]
    folder = module.built / "stage"
    if not folder.is_dir():
        with _lock(module):
            if not folder.is_dir():
                _copy_extra_files(module, module.built)
    return folder


def version_of(program: Path, arguments: Sequence[str] = ("--version",)) -> str:
    """Return the version that ``program`` says it has; empty where it says none."""
    try:
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=VERSION_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = NUMBER.search(done.stdout + done.stderr)
    return match.group() if match and done.returncode == 0 else ""


@cache
def _programs_of(name: str) -> dict[str, Path]:
    module = BY_NAME[name]
    found = _on_path(module)
    if found:
        return found
    made = {program: module.built / program for program in module.programs}
    if not all(path.is_file() for path in made.values()):
        _build(module)
    return made


def _on_path(module: Module) -> dict[str, Path]:
    """Return the programs of ``module`` that PATH has, all of them or none."""
    found: dict[str, Path] = {}
    for program in module.programs:
        path = shutil.which(program)
        if path is None or not _fits(module, Path(path)):
            return {}
        found[program] = Path(path)
    return found


def _fits(module: Module, program: Path) -> bool:
    arguments = module.version_arguments
    if program.name == "kubectl":
        arguments = ("version", "--client")
    match = NUMBER.search(version_of(program, arguments))
    return match is not None and module.least <= (int(match[1]), int(match[2])) <= module.most


def _build(module: Module) -> None:
    """Build ``module`` beside the cache and move it in when it is complete."""
    if shutil.which("go") is None:
        names = ", ".join(module.programs)
        message = f"{names}: not on PATH in a good version, and there is no Go to build it with"
        raise Missing(message)
    with _lock(module):
        if all((module.built / program).is_file() for program in module.programs):
            return  # somebody else has built it meanwhile
        part = module.built.with_name(f"{module.built.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        started = time.monotonic()
        _say(f"building {', '.join(module.programs)} (once; minutes) ...")
        _go(module, _build_arguments(module, part))
        _copy_extra_files(module, part)
        shutil.rmtree(module.built, ignore_errors=True)
        part.rename(module.built)
        _say(f"built {module.name} in {time.monotonic() - started:.0f} s: {module.built}")


def _build_arguments(module: Module, out: Path) -> list[str]:
    own_source = any(module.folder.glob("*.go"))
    return [
        "build",
        f"-p={COMPILERS}",
        "-trimpath",
        "-buildvcs=false",
        "-mod=readonly",
        f"-tags={','.join(module.tags)}",
        f"-ldflags={' '.join(('-s', '-w', *module.link_flags))}",
        f"-o={out}{os.sep}",
        "." if own_source else "tool",
    ]


def _copy_extra_files(module: Module, out: Path) -> None:
    for required, folder in module.extra_files.items():
        text = _go(module, ["mod", "download", "-json", required])
        source = Path(json.loads(text)["Dir"]) / folder
        target = out / Path(folder).name
        # The files of Go's own cache are read-only, which no copy needs to be.
        shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)


def _go(module: Module, arguments: Sequence[str]) -> str:
    # A workspace or flags of the caller's would build something else than what is pinned.
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off"}
    if shutil.which("go") is None:
        raise Missing("there is no Go")
    done = subprocess.run(
        ["go", *arguments],  # noqa: S607 - the caller's Go
        cwd=module.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        message = f"go {arguments[0]} of {module.name} failed:\n{done.stderr[-2000:]}"
        raise Missing(message)
    return done.stdout


@contextmanager
def _lock(module: Module) -> Iterator[None]:
    """Let one process at a time build ``module``."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f"{module.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Find or build the programs that the command line names; print where each is."""
    parser = argparse.ArgumentParser(description="Find or build the programs of the e2e tests.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(BY_NAME))
    wanted = parser.parse_args(arguments).modules or list(BY_NAME)
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown:
        parser.error(f"no module {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    failed = False
    for name in wanted:
        try:
            for program, path in programs(name).items():
                print(f"{program:24} {path}")  # noqa: T201 - a command's own output
            if name == "kwok":
                print(f"{'stages of kwok':24} {stages()}")  # noqa: T201
        except Missing as missing:
            _say(str(missing))
            failed = True
    return int(failed)
