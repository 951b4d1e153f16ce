"""Single machines: topologies for them, and readers of what is written for Docker and Podman."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from support import designs, topologies

from inferc.compiler.topology import Topology
from inferc.dsl import has_errors
from inferc.targets.base import Artifact
from inferc.targets.on_prem import TARGET


@cache
def box(
    *, name: str = "box", model: str = "llama", services: int = 1, nodes: int = 1, replicas: int = 2
) -> Topology:
    """Return services with replicas on two GPUs each, on machines with eight outside a cluster."""
    base = designs.support_chat()
    place = replace(
        base.services[0].place, path="rack", cluster=None, per_node=8, nodes=designs.given(nodes)
    )
    found = tuple(
        replace(base.services[0], name=f"chat{number or ''}", model_name=model, place=place)
        for number in range(services)
    )
    shape = topologies.configuration(tensor_parallel=2, replicas=replicas)
    return topologies.topology_of(replace(base, name=name, services=found), *(shape for _ in found))


_EMITTED: dict[object, tuple[Topology, Sequence[Artifact]]] = {}
"""What was emitted for a topology, which is kept so that no other gets its identity."""


def artifacts(topology: Topology, **options: str | float | bool) -> Sequence[Artifact]:
    """Return the files for ``topology``, which must be taken; each is emitted once."""
    key = (id(topology), *sorted(options.items()))
    if key not in _EMITTED:
        emitted = TARGET.emit(topology, options)
        assert not has_errors(emitted.diagnostics), emitted.diagnostics
        _EMITTED[key] = (topology, emitted.artifacts)
    return _EMITTED[key][1]


def files(topology: Topology, **options: str | float | bool) -> dict[str, str]:
    """Return the texts of the files for ``topology`` by path."""
    return {one.path: one.content.decode() for one in artifacts(topology, **options)}


def codes(topology: Topology, **options: str | float | bool) -> list[str]:
    """Return the codes of what is said about ``topology``; there are no files with an error."""
    emitted = TARGET.emit(topology, options)
    assert has_errors(emitted.diagnostics) is not bool(emitted.artifacts)
    return [one.code for one in emitted.diagnostics]


# ---- Docker ------------------------------------------------------------------------------------

_DOLLAR = re.compile(r"\$(\$|\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*)?")
"""What Compose reads behind a dollar. Source: Compose specification, 12-interpolation.md."""


class InterpolatedError(Exception):
    """Something was taken for a variable."""


def interpolate(value: Any) -> Any:
    """Return ``value`` as Compose has it after interpolation, where no variable is meant.

    Raises:
        InterpolatedError: Something is a variable, or would be refused as one.
    """
    match value:
        case str():
            return _DOLLAR.sub(_one_dollar, value)
        case dict():
            return {key: interpolate(item) for key, item in value.items()}
        case list():
            return [interpolate(item) for item in value]
        case _:
            return value


def _one_dollar(found: re.Match[str]) -> str:
    if found[1] == "$":
        return "$"
    raise InterpolatedError(found.group())


def compose_of(texts: Mapping[str, str], folder: str = "") -> dict[str, Any]:
    """Return the Compose file, interpolated."""
    found: dict[str, Any] = interpolate(yaml.safe_load(texts[f"{folder}compose.yaml"]))
    return found


# ---- Podman ------------------------------------------------------------------------------------


def generated(quadlet: Path, folder: Path, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the command of each service that Podman's generator makes of the units."""
    units = folder / "units"
    units.mkdir()
    for path, text in texts.items():
        if path.startswith("units/"):
            (folder / path).write_text(text, "utf-8")
    ran = subprocess.run(
        [quadlet, "-dryrun"],
        check=False,
        capture_output=True,
        text=True,
        env={"QUADLET_UNIT_DIRS": str(units)},
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "rror" not in ran.stderr, ran.stderr
    found: dict[str, list[str]] = {}
    name = ""
    for line in ran.stdout.split("\n"):
        if line.startswith("---"):
            name = line.strip("-")
        if line.startswith("ExecStart="):
            found[name] = systemd_words(line.removeprefix("ExecStart="))
    return found


def systemd_words(line: str) -> list[str]:
    """Return the words of a command as systemd splits them, specifiers and variables resolved.

    Source: systemd.service(5), command lines. A specifier or a variable fails: none is meant.
    """
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    chars = iter(line)
    for char in chars:
        if char == "\\":
            word = [] if word is None else word
            word.append(_unescaped(chars))
        elif quote:
            if char == quote:
                quote = ""
            else:
                assert word is not None
                word.append(char)
        elif char in "\"'":
            quote, word = char, [] if word is None else word
        elif char in " \t":
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [] if word is None else word
            word.append(char)
    assert not quote, line
    if word is not None:
        words.append("".join(word))
    return [_resolved(one) for one in words]


def _unescaped(chars: Any) -> str:
    char = next(chars)
    if char == "x":
        return chr(int(next(chars) + next(chars), 16))
    known = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "s": " "}
    known |= {"a": "\a", "b": "\b", "f": "\f", "v": "\v"}
    return known[char]


def _resolved(word: str) -> str:
    for sign in "%$":
        parts = word.split(sign * 2)
        own = [part for part in parts if sign in part and part not in {"%n"}]
        assert not own, f"{word!r} has a {'specifier' if sign == '%' else 'variable'}"
        word = sign.join(parts)
    return word
