"""The page of what each target can serve and writes: found by compiling, never by hand.

Every probe in ``docs/probes`` is a small design with one feature. Each is compiled for each target;
what comes out, or the code of the refusal, is what stands in the table.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from support.repository import ROOT

from inferc import api
from inferc.answers import Order
from inferc.dsl import Severity
from inferc.pages import page_paths
from inferc.targets import registry

PROBES = ROOT / "docs/probes"
DEPLOYING = tuple(name for name in registry.names() if name not in {"diagram", "design-doc"})
KIND = re.compile(r"""(?:^|[\s"'({,])"?kind"?\s*[:=]\s*["']?([A-Z][A-Za-z]+)["']?""", re.MULTILINE)
CLASS = re.compile(
    r"\b(?:k8s|kubernetes|core|apps|batch|policy|networking|autoscaling|rbac|scheduling)\.(?:\w+\.)*v\d\w*\.([A-Z][A-Za-z]+)\("
)
NOT_OBJECTS = frozenset({"Kustomization", "Component"})


def page() -> str:
    """Return the page."""
    found = {path: dict(_compiled(path)) for path in sorted(PROBES.glob("*.infer"))}
    return (
        "\n\n".join(
            (
                "# What each target can do",
                "<!-- Made by docs/make.py, which compiles docs/probes for every target. -->",
                """\
Each row is a design in [probes](probes/), compiled for each target. A code is the refusal, with
its reason and the next step: `inferc explain INF601`. What cannot be deployed is refused: nothing
is left out silently. The targets `diagram` and `design-doc` take every design.""",
                "## What can be served",
                _table(found),
                "## What is written",
                """\
The kinds of Kubernetes objects that came out of the designs above, each where the plan or the file
asks for it.""",
                _kinds(found),
            )
        )
        + "\n"
    )


Cell: TypeAlias = tuple[str, frozenset[str]]
"""What stands in the table for a probe and a target, and the kinds of objects that came out."""


def _compiled(path: Path) -> Iterator[tuple[str, Cell]]:
    """Yield what came of a probe, target by target."""
    planned = api.draw(path)
    for target in DEPLOYING:
        compiled = api.emit(planned, None, Order(targets=(target,)))
        errors = [one for one in compiled.diagnostics if one.severity is Severity.ERROR]
        if errors or not compiled.outputs:
            code = errors[0].code if errors else "no plan"
            yield target, (_linked(code), frozenset())
        else:
            files = [item for output in compiled.outputs for item in output.artifacts]
            texts = (item.content.decode("utf-8", "replace") for item in files)
            yield target, ("yes", frozenset(kind for text in texts for kind in _found(text)))


def _found(text: str) -> Iterator[str]:
    yield from (kind for kind in KIND.findall(text) if kind not in NOT_OBJECTS)
    yield from CLASS.findall(text)


def _table(found: Mapping[Path, Mapping[str, Cell]]) -> str:
    rows = [
        (f"[{_title(path)}](probes/{path.name})", *(cells[target][0] for target in DEPLOYING))
        for path, cells in found.items()
    ]
    return _markdown(("", *(f"`{target}`" for target in DEPLOYING)), rows)


def _kinds(found: Mapping[Path, Mapping[str, Cell]]) -> str:
    by_target = {
        target: frozenset(kind for cells in found.values() for kind in cells[target][1])
        for target in DEPLOYING
    }
    known = _known_kinds()
    shown = [target for target in DEPLOYING if by_target[target] & known]
    kinds = sorted(known & frozenset().union(*by_target.values()))
    rows = [
        (f"`{kind}`", *("yes" if kind in by_target[target] else "" for target in shown))
        for kind in kinds
    ]
    return _markdown(("kind", *(f"`{target}`" for target in shown)), rows)


def _known_kinds() -> frozenset[str]:
    from inferc.targets.versions import API_VERSIONS

    return frozenset(API_VERSIONS)


def _title(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return next(line[4:] for line in text.splitlines() if line.startswith("/// "))


def _linked(code: str) -> str:
    place = page_paths().get(code)
    if place is None:
        return code
    return f"[{code}](../{place.resolve().relative_to(ROOT).as_posix()})"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
