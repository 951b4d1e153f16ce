"""The lines of a design as the text of an ``.infer`` file, in the one style."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inferc.compiler.words.desk import Line
from inferc.compiler.words.settle_hardware import Site
from inferc.compiler.words.settle_load import Load
from inferc.dsl import SourceFile, format_module, parse

TOPOLOGY = "design"
CLUSTER, POOL, DEVICE = "site", "gpu", "machine"
_STEP = "  "


class Draft(NamedTuple):
    """Everything that was settled."""

    model: str
    """The path of the model."""
    model_lines: list[Line]
    site: Site
    load: Load
    service: list[Line]
    service_name: str
    budget: list[Line]


def write(draft: Draft) -> str:
    """Return the file of a draft.

    Each line says behind ``because`` the words that it comes from.
    """
    text = "\n".join(_lines(draft)) + "\n"
    return format_module(parse(SourceFile("design.infer", text)).module)


def quoted(text: str) -> str:
    """Return ``text`` as a string of the language; nothing in it is read as anything else."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _lines(draft: Draft) -> Iterator[str]:
    model = draft.model.rpartition(".")[2]
    yield from ("infer 1", "import std.catalog as cat", "")
    yield "/// Read from descriptions: each line says the words that it comes from."
    yield f"topology {TOPOLOGY} {{"
    yield from _block(f"model {model}", draft.model_lines)
    yield ""
    yield from _site(draft.site)
    yield ""
    yield from _service(draft, model)
    if draft.budget:
        yield ""
        yield from _block("budget all", draft.budget)
    if draft.load.assumed:
        yield ""
        yield f"{_STEP}// What nobody said, and what the verdict therefore rests on."
        assumed = [
            line._replace(field=f"{draft.service_name}.{line.field}") for line in draft.load.assumed
        ]
        yield from _block("assume", assumed)
    yield "}"


def _site(site: Site) -> Iterator[str]:
    if site.kind == "device":
        yield from _block(f"device {DEVICE}", site.pools[0])
        return
    if site.kind == "serverless":
        yield from _block(f"serverless {CLUSTER}", site.pools[0])
        return
    if site.cloud:
        yield from (*_block(f"cloud {site.cloud}", site.cloud_lines), "")
    yield f"{_STEP}cluster {CLUSTER} {{"
    for line in site.cluster:
        yield f"{_STEP * 2}{_written(line)}"
    if site.cloud:
        yield f"{_STEP * 2}on = {site.cloud}"
    for number, pool in enumerate(site.pools):
        yield ""
        yield from _block(f"pool {_pool_name(site, number)}", pool, depth=2)
    yield f"{_STEP}}}"


def _pool_name(site: Site, number: int) -> str:
    return POOL if len(site.pools) == 1 else f"{POOL}_{number + 1}"


def _service(draft: Draft, model: str) -> Iterator[str]:
    site, load = draft.site, draft.load
    yield f"{_STEP}service {draft.service_name} {{"
    yield f"{_STEP * 2}model = {model}"
    places = [{"device": DEVICE}.get(site.kind, CLUSTER)]
    if site.kind == "cluster":
        places = [f"{CLUSTER}.{_pool_name(site, number)}" for number in range(len(site.pools))]
    on = f"on = {places[0]}" if len(places) == 1 else f"on in [{', '.join(places)}]"
    yield f"{_STEP * 2}{on}"
    for line in (*load.service, *draft.service):
        yield f"{_STEP * 2}{_written(line)}"
    yield ""
    yield from _block("load", load.load, depth=2)
    if load.sla:
        yield ""
        yield from _block("sla", load.sla, depth=2)
    yield f"{_STEP}}}"


def _block(head: str, lines: Sequence[Line], *, depth: int = 1) -> Iterator[str]:
    if not lines:
        yield f"{_STEP * depth}{head} {{}}"
        return
    yield f"{_STEP * depth}{head} {{"
    for line in lines:
        yield f"{_STEP * (depth + 1)}{_written(line)}"
    yield f"{_STEP * depth}}}"


def _written(line: Line) -> str:
    because = f" because {quoted(line.because)}" if line.because else ""
    confidence = f" confidence {line.confidence}" if line.confidence else ""
    return re.sub(r"[\r\n]", " ", f"{line.field} {line.operator} {line.value}{because}{confidence}")
