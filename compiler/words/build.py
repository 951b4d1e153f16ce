"""From three descriptions to the text of an ``.infer`` file, and what became of each phrase."""

from collections.abc import Sequence
from dataclasses import dataclass

from inferc.compiler.words import diagnostics as report
from inferc.compiler.words.desk import Desk
from inferc.compiler.words.models import NETWORKS
from inferc.compiler.words.phrases import Reading, one_line
from inferc.compiler.words.read import read_all
from inferc.compiler.words.settle_cloud import budget_lines
from inferc.compiler.words.settle_hardware import Site, site_of
from inferc.compiler.words.settle_load import load_lines
from inferc.compiler.words.settle_model import model_lines
from inferc.compiler.words.settle_service import reason_of, service_lines
from inferc.compiler.words.write import Draft, write
from inferc.dsl import Diagnostic, SourceFile, has_errors

MODEL, WORKLOAD, HARDWARE = "--model", "--workload", "--hardware"
"""What the descriptions are called where something is wrong with them: as on the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What descriptions come to."""

    text: str
    """The file; empty where there is nothing to plan."""
    understood: tuple[str, ...]
    """Phrases that lines of the file come from."""
    idle: tuple[str, ...]
    """Phrases that are understood, and that nothing comes of."""
    not_understood: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def build(model: str, workload: str, hardware: str) -> Words:
    """Return the file that the descriptions mean.

    Every description is read for everything: a sentence about traffic may stand in any of them.
    """
    sources = (
        SourceFile(MODEL, model),
        SourceFile(WORKLOAD, workload),
        SourceFile(HARDWARE, hardware),
    )
    read = read_all(sources)
    desk = Desk(read.readings)
    text = _text(desk, sources)
    idle = desk.idle
    acted = desk.acted
    found = list(desk.found)
    if read.left:
        found.append(report.not_understood(read.left))
    if idle and text:
        reasons = [reason_of(item.topic, item.word) for item in idle]
        found.append(report.not_acted_on(idle, reasons))
    return Words(
        text=text,
        understood=_phrases(acted),
        idle=_phrases(idle),
        not_understood=tuple(sorted({one_line(span.text) for span in read.left})),
        diagnostics=tuple(found),
    )


def _text(desk: Desk, sources: Sequence[SourceFile]) -> str:
    path, model = model_lines(desk, sources[0])
    site = site_of(desk, sources[2])
    if has_errors(desk.found):
        return ""
    network = path.startswith(NETWORKS)
    load = load_lines(desk, network=network)
    draft = Draft(
        model=path,
        model_lines=model,
        site=site,
        load=load,
        service=service_lines(desk, path, network=network),
        service_name=_service_name(desk),
        budget=budget_lines(desk, priced=_has_price(site)),
    )
    return write(draft)


def _has_price(site: Site) -> bool:
    stated = any(line.field == "price" for pool in site.pools for line in pool)
    return bool(site.cloud) or site.kind == "serverless" or stated


def _service_name(desk: Desk) -> str:
    """Return what the service is for, in one word."""
    if desk.look("use", word="conversation"):
        return "chat"
    return "jobs" if desk.look("mode", word="batch") else "serving"


def _phrases(readings: Sequence[Reading]) -> tuple[str, ...]:
    return tuple(sorted({item.phrase for item in readings if item.phrase}))
