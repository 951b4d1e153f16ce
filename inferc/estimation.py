"""What programs call for one configuration: names in, figures out.

    from inferc.estimation import Kind, Load, Wanted, estimate

    load = Load(Kind.RATE, 5.0, prompt_tok=1000, output_tok=200)
    found = estimate("llama-3-70b-instruct", "h100 sxm", load, Wanted(tensor_parallel=4))
    print(found.figures.ttft_s["p95"])

A name is forgiving: a path of the catalog, an entry's own or other name, a Hugging Face
repository. A model may also be a ``config.json``, or stand in an ``.infer`` file.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inferc.compiler.estimation import (
    Estimator,
    Figures,
    Fit,
    Kind,
    Load,
    Match,
    Wanted,
    default_engine,
    default_item_engine,
    engine_named,
    estimate_network,
    find,
    format_in_name,
    setup_of,
    unknown_name,
)
from inferc.compiler.model import Accelerator, Design, Engine, LanguageModel, networks_of
from inferc.compiler.model.calibrated import published
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.model.catalog import (
    accelerator_at,
    item_model_at,
    language_model_at,
    paths,
)
from inferc.dsl import Diagnostic, has_errors

__all__ = ["Estimated", "Kind", "Load", "Wanted", "estimate", "model_named", "subject_of"]

if TYPE_CHECKING:
    from inferc.compiler.estimation import Breakdown
    from inferc.compiler.model.items import ItemModel
    from inferc.compiler.perf.items import ItemEstimate
    from inferc.dsl import SourceFile

SUFFIX = ".infer"
JSON = ".json"
CONFIG = "config.json"
QUANTIZATION = ("hf_quant_config.json", "quantize_config.json")
INDEX = "model.safetensors.index.json"
"""Files of a repository on Hugging Face that say what a model is."""

USUAL_PROMPT_TOK = 1000.0
"""Of a language model, where nobody says how long prompts are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimated:
    """The figures of one configuration, or why there are none."""

    diagnostics: tuple[Diagnostic, ...]
    figures: Figures | None = None
    """Of a language model; also where the load cannot be carried: its times are infinite then."""
    memory: Fit | None = None
    """Also where the configuration does not fit."""
    items: "ItemEstimate | None" = None
    """Of a model that answers items: encoders, vision, speech, diffusion."""
    assumed: tuple[str, ...] = ()
    """With ``items``: what nobody chose."""
    estimator: Estimator | None = None
    """The configuration of a language model, to be asked about other loads."""

    @property
    def ok(self) -> bool:
        """Whether the load is carried."""
        return not has_errors(self.diagnostics)

    @property
    def breakdowns(self) -> "tuple[Breakdown, ...]":
        """Where the time of one decode step and of one step with a prompt goes."""
        if self.figures is None or self.estimator is None or not self.figures.stable:
            return ()
        return self.estimator.breakdowns(self.figures.load, self.figures)

    @property
    def capacity_per_s(self) -> float | None:
        """Requests of these lengths that the configuration carries a second, at most."""
        if self.figures is None or self.estimator is None:
            return None
        return self.estimator.capacity_per_s(self.figures.load)


def estimate(
    model: str,
    gpu: str,
    load: Load,
    wanted: Wanted | None = None,
    *,
    engine: str = "",
    calibration: Calibration | None = None,
) -> Estimated:
    """Return what a configuration does under ``load``.

    Without ``engine`` it is one that runs on the hardware, vLLM where it does. Where ``prompt_tok``
    is 0 it is 1000 of a language model, and of a model that answers items their usual length.
    ``calibration`` is the shipped one unless another is given.
    """
    found = subject_of(model, gpu, engine, wanted or Wanted(), calibration)
    if isinstance(found, Estimator):
        outcome = found.estimate(load._replace(prompt_tok=load.prompt_tok or USUAL_PROMPT_TOK))
        return Estimated(
            diagnostics=outcome.diagnostics,
            figures=outcome.figures,
            memory=outcome.memory,
            estimator=found,
        )
    if isinstance(found, Network):
        answered = estimate_network(*found, load, wanted or Wanted())
        return Estimated(
            diagnostics=answered.diagnostics, items=answered.items, assumed=answered.assumed
        )
    return Estimated(diagnostics=found.diagnostics)


class Network(NamedTuple):
    """A model that answers items, on hardware under an engine."""

    model: "ItemModel"
    accelerator: Accelerator
    engine: Engine


class Wrong(NamedTuple):
    """Names that mean nothing."""

    diagnostics: tuple[Diagnostic, ...]


def subject_of(
    model: str, gpu: str, engine: str, wanted: Wanted, calibration: Calibration | None = None
) -> Estimator | Network | Wrong:
    """Return the configuration that the names mean, or what is wrong with them.

    Those of the catalog are kept; files may change and are read again.
    """
    if calibration is None and not _is_file(model):
        return _kept_subject_of(model, gpu, engine, wanted)
    return _subject_of(model, gpu, engine, wanted, calibration)


def _is_file(name: str) -> bool:
    """Return whether a model is named by a path: of a file, or of a folder as ``./folder``."""
    return SUFFIX in name or name.endswith(JSON) or name[:1] in {".", "/", "~"}


def _subject_of(
    model: str, gpu: str, engine: str, wanted: Wanted, calibration: Calibration | None = None
) -> Estimator | Network | Wrong:
    used = model_named(model)
    if isinstance(used, Wrong):
        return used
    match = find("hardware", gpu)
    accelerator = accelerator_at(match.path) if match.path else None
    if accelerator is None:
        return _unknown("hardware", gpu, match)
    of_items = not isinstance(used, LanguageModel)
    if engine:
        chosen = engine_named(engine, accelerator)
    else:
        chosen = (default_item_engine if of_items else default_engine)(accelerator)
    if chosen is None:
        return _no_engine(engine, accelerator)
    if isinstance(used, LanguageModel):
        told = "" if wanted.precision or _is_file(model) else format_in_name(model, gpu=gpu)
        if told:
            wanted = wanted._replace(precision=told)
        return Estimator(setup_of(used, accelerator, chosen, wanted, calibration or published()))
    return Network(used, accelerator, chosen)


_kept_subject_of = lru_cache(maxsize=256)(_subject_of)


def _no_engine(engine: str, accelerator: Accelerator) -> Wrong:
    match = find("engine", engine) if engine else Match("")
    known = ", ".join(path.rpartition(".")[2] for path in paths("engine"))
    name = engine or f"for {accelerator.title}"
    return _unknown("engine", name, match, listed=f"it has {known}")


def _unknown(what: str, name: str, match: Match, *, listed: str = "") -> Wrong:
    problem = unknown_name(
        what=what, name=name, close=match.close, several=match.several, listed=listed
    )
    return Wrong((problem,))


def model_named(name: str) -> "LanguageModel | ItemModel | Wrong":
    """Return the model that ``name`` means, or what is wrong with it.

    A name of the catalog, a path to a ``config.json`` of Hugging Face, or ``FILE.infer:NAME`` for
    a service or a model of a file, whose name may be left out where there is only one.
    """
    if SUFFIX in name:
        return _model_of_file(name)
    if _is_file(name):
        return _model_of_config(Path(name))
    match = find("model", name)
    found = language_model_at(match.path) or item_model_at(match.path) if match.path else None
    return _unknown("model", name, match) if found is None else found


def _model_of_config(path: Path) -> "LanguageModel | Wrong":
    """Return the model that a ``config.json``, or the folder it lies in, describes."""
    from inferc.compiler.model import model_from_config
    from inferc.files.reader import read_source

    path = path.expanduser()
    config = path if path.name.endswith(JSON) else path / CONFIG
    source = read_source(str(config))
    if isinstance(source, Diagnostic):
        return Wrong((source,))
    name = config.resolve().parent.name if config.name == CONFIG else config.stem
    found, diagnostics = model_from_config(
        source,
        quantization=_beside(config, QUANTIZATION),
        index=_beside(config, (INDEX,)),
        name=name,
    )
    return Wrong(diagnostics) if found is None else found


def _beside(config: Path, names: tuple[str, ...]) -> "SourceFile | None":
    """Return the first of the files that lies beside a configuration and can be read."""
    from inferc.files.reader import read_source

    for name in names:
        place = config.with_name(name)
        source = read_source(str(place)) if place.is_file() else None
        if source is not None and not isinstance(source, Diagnostic):
            return source
    return None


def _model_of_file(name: str) -> "LanguageModel | ItemModel | Wrong":
    from inferc.compiler.pipeline import Compilation, Settings
    from inferc.files.reader import DiskReader, read_source

    head, _, tail = name.partition(SUFFIX)
    path, wanted = head + SUFFIX, tail.removeprefix(":")
    source = read_source(path)
    if isinstance(source, Diagnostic):
        return Wrong((source,))
    compiled = Compilation(source, DiskReader(), Settings())
    if compiled.resolved.value is None:
        return Wrong(compiled.resolved.diagnostics)
    found: dict[str, LanguageModel | ItemModel] = dict(networks_of(compiled.resolved.value))
    if found and wanted in {"", *found}:
        designs: tuple[Design, ...] = ()  # which nothing plans yet, and which need not be whole
    elif compiled.designs.value is None:
        return Wrong(compiled.designs.diagnostics)
    else:
        designs = compiled.designs.value
    found |= {
        label: service.model
        for design in designs
        for service in design.services
        for label in (service.name, service.model_name, f"{design.name}.{service.name}")
    }
    models = {model.id: model for model in found.values()}
    if not wanted and len(models) == 1:
        return next(iter(models.values()))
    if wanted in found:
        return found[wanted]
    return _unknown("model", name, Match("", tuple(f"{path}:{label}" for label in found)[:4]))
