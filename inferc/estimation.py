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
from typing import TYPE_CHECKING

from inferc.compiler.estimation import Estimator, Figures, Fit, Kind, Load
from inferc.compiler.estimation import diagnostics as report
from inferc.compiler.estimation.choices import Wanted, default_engine, engine_named, setup_of
from inferc.compiler.estimation.names import find
from inferc.compiler.model.catalog import accelerator_at, language_model_at, paths
from inferc.dsl import Diagnostic, has_errors

__all__ = ["Estimated", "Kind", "Load", "Wanted", "estimate", "estimator_of", "model_named"]

if TYPE_CHECKING:
    from inferc.compiler.estimation import Breakdown
    from inferc.compiler.model import LanguageModel

SUFFIX = ".infer"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimated:
    """The figures of one configuration, or why there are none."""

    diagnostics: tuple[Diagnostic, ...]
    figures: Figures | None = None
    """Also where the load cannot be carried: its times are infinite then."""
    memory: Fit | None = None
    """Also where the configuration does not fit."""
    estimator: Estimator | None = None
    """The configuration, to be asked about other loads."""

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
    model: str, gpu: str, load: Load, wanted: Wanted | None = None, *, engine: str = ""
) -> Estimated:
    """Return what a configuration does under ``load``.

    Without ``engine`` it is one that runs on the hardware, vLLM where it does.
    """
    found = estimator_of(model, gpu, engine, wanted or Wanted())
    if isinstance(found, tuple):
        return Estimated(diagnostics=found)
    outcome = found.estimate(load)
    return Estimated(
        diagnostics=outcome.diagnostics,
        figures=outcome.figures,
        memory=outcome.memory,
        estimator=found,
    )


@lru_cache(maxsize=256)
def estimator_of(
    model: str, gpu: str, engine: str, wanted: Wanted
) -> Estimator | tuple[Diagnostic, ...]:
    """Return the configuration that the names mean, or what is wrong with them."""
    used = model_named(model)
    if isinstance(used, tuple):
        return used
    hardware = find("hardware", gpu)
    accelerator = accelerator_at(hardware.path) if hardware.path else None
    if accelerator is None:
        return (
            report.unknown_name(
                what="hardware", name=gpu, close=hardware.close, several=hardware.several
            ),
        )
    chosen = engine_named(engine, accelerator) if engine else default_engine(accelerator)
    if chosen is None:
        return (
            report.unknown_name(
                what="engine",
                name=engine or f"for {accelerator.title}",
                close=find("engine", engine).close if engine else (),
                listed=f"it has {', '.join(path.rpartition('.')[2] for path in paths('engine'))}",
            ),
        )
    return Estimator(setup_of(used, accelerator, chosen, wanted))


def model_named(name: str) -> "LanguageModel | tuple[Diagnostic, ...]":
    """Return the language model that ``name`` means, or what is wrong with it.

    A name of the catalog, a path to a ``config.json`` of Hugging Face, or ``FILE.infer:NAME`` for
    a service or a model of a file, whose name may be left out where there is only one.
    """
    if SUFFIX in name:
        return _model_of_file(name)
    match = find("model", name)
    model = language_model_at(match.path) if match.path else None
    if model is None:
        return (
            report.unknown_name(what="model", name=name, close=match.close, several=match.several),
        )
    return model


def _model_of_file(name: str) -> "LanguageModel | tuple[Diagnostic, ...]":
    from inferc.compiler.pipeline import Compilation, Settings
    from inferc.files.reader import DiskReader, read_source

    head, _, tail = name.partition(SUFFIX)
    path, wanted = head + SUFFIX, tail.removeprefix(":")
    source = read_source(path)
    if isinstance(source, Diagnostic):
        return (source,)
    designs = Compilation(source, DiskReader(), Settings()).designs
    if designs.value is None:
        return designs.diagnostics
    found = {
        label: service.model
        for design in designs.value
        for service in design.services
        for label in (service.name, service.model_name, f"{design.name}.{service.name}")
    }
    models = {model.id: model for model in found.values()}
    if not wanted and len(models) == 1:
        return next(iter(models.values()))
    if wanted in found:
        return found[wanted]
    names = tuple(f"{path}:{label}" for label in found)
    return (report.unknown_name(what="model", name=name, close=names[:4]),)
