"""The Pulumi SDK read for its types, and emitted programs run under its mocks."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from support.repository import ROOT

from inferc.targets.base import Artifact
from inferc.targets.pulumi.sdk import DATA_FILE, NATIVE_KINDS

TABLE = ROOT / "targets" / "pulumi" / DATA_FILE


def introspect() -> dict[str, dict[str, str]]:
    """Return for every class of arguments that our kinds reach the type of each field.

    A field is called as in a manifest. Its type is ``name:`` and the Python name, then the class
    of its arguments, in brackets for a list; nothing for a plain value.
    """
    table: dict[str, dict[str, str]] = {}
    waiting = [f"{_package(version)}.{kind}" for kind, version in NATIVE_KINDS.items()]
    resources = set(waiting)
    while waiting:
        name = waiting.pop()
        if name in table:
            continue
        table[name] = dict(_fields(name, resource=name in resources))
        kinds = (entry.partition(":")[2].strip("[]") for entry in table[name].values())
        waiting.extend(kind for kind in kinds if kind)
    return {name: dict(sorted(table[name].items())) for name in sorted(table)}


def _package(version: str) -> str:
    """Return the package of an API version: ``apps.v1`` for ``apps/v1``, ``core.v1`` for ``v1``."""
    group, _, number = version.rpartition("/")
    return f"{group.partition('.')[0] or 'core'}.{number}"


def _fields(name: str, *, resource: bool) -> Iterator[tuple[str, str]]:
    package, _, kind = name.rpartition(".")
    suffix, home = ("InitArgs", kind) if resource else ("Args", "_inputs")
    module = importlib.import_module(f"pulumi_kubernetes.{package}.{home}")
    arguments = getattr(module, f"{kind}{suffix}")
    for python, member in vars(arguments).items():
        if isinstance(member, property) and member.fget is not None:
            wire = getattr(member.fget, "_pulumi_name", python)
            if not (resource and wire in {"apiVersion", "kind"}):
                hint = str(member.fget.__annotations__["return"])
                yield wire, f"{python}:{_type(hint, package)}"


def _type(hint: str, package: str) -> str:
    """Return the class of arguments in an annotation, in brackets for a list."""
    found = re.search(r"ForwardRef\('([\w.]+)Args'\)", hint)
    if found is None:
        return ""
    *path, kind = found.group(1).split(".")
    home = ".".join(part.lstrip("_") for part in path) or package
    return f"[{home}.{kind}]" if "Sequence[" in hint else f"{home}.{kind}"


RUNNER = """
import json, runpy, sys
import pulumi

def run(folder):
    found, outputs = [], {}

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args):
            if args.typ.startswith("kubernetes:"):
                found.append(args.inputs)
            return args.name, args.inputs

        def call(self, args):
            raise AssertionError(args.token)

    @pulumi.runtime.test
    def program():
        runpy.run_path(folder + "/__main__.py")
        return pulumi.Output.from_input(outputs).apply(outputs.update)

    pulumi.export = outputs.__setitem__
    pulumi.runtime.set_mocks(Mocks(), project="test", stack="test")
    sys.path.insert(0, folder)
    program()
    sys.path.remove(folder)
    own = ("components", "customise", "plan", "settings")
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]
    return {"objects": found, "outputs": outputs}

print(json.dumps([run(folder) for folder in sys.argv[1:]]))
"""
"""Runs programs in a process of their own: the SDK keeps its state in globals."""


def write(artifacts: Iterable[Artifact], folder: Path) -> Path:
    """Write the files of a target."""
    for artifact in artifacts:
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.content)
    return folder


Ran = tuple[dict[str, Any], dict[str, Any]]
"""The objects that a program registers, by kind and name, and its outputs."""


def run(*folders: Path) -> list[Ran]:
    """Run programs under mocks."""
    command = [sys.executable, "-c", RUNNER, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return [_ran(one) for one in json.loads(done.stdout, parse_float=_number)]


def _ran(seen: dict[str, Any]) -> Ran:
    objects = [one for one in seen["objects"] if "kind" in one]
    by_id = {f"{one['kind']}/{one['metadata']['name']}": one for one in objects}
    assert len(by_id) == len(objects)
    return by_id, seen["outputs"]


def own_tests(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the tests that were emitted with the program."""
    command = [sys.executable, "-m", "unittest", "discover", "tests"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def lint(folder: Path) -> str:
    """Return what ruff has to say, by the configuration beside the files; nothing if all is fine.

    Both its rules and its format.
    """
    found = ""
    for command in (("check",), ("format", "--diff")):
        line = [sys.executable, "-m", "ruff", *command, "."]
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
        found += "" if done.returncode == 0 else done.stdout + done.stderr
    return found


def typed(folder: Path) -> str:
    """Return what a strict type checker has to say; nothing if all is fine."""
    path = folder / "pyrightconfig.json"
    settings = json.loads(path.read_text("utf-8"))
    assert settings["typeCheckingMode"] == "strict"
    del settings["venv"], settings["venvPath"]  # here the SDKs are in another place
    path.write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout


def _number(text: str) -> int | float:
    """Return a number as a manifest has it: all come out of the mocks as floats."""
    value = float(text)
    return int(value) if value.is_integer() else value


def write_table() -> None:
    """Write the table of the installed SDK."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in introspect().items()]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    write_table()
