"""Who guesses tokens for a service, as its lines say: a smaller model, and how good guesses are."""

from collections.abc import Iterator

from inferc.compiler.model import diagnostics_drafts as report
from inferc.compiler.model import models, values
from inferc.compiler.model.design import Decision, LanguageModel
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import ResolvedBlock
from inferc.dsl import Diagnostic

SPECULATION = "speculation"
DRAFT_MODEL = "draft_model"
ACCEPTANCE = "acceptance"


def draft_model(service: ResolvedBlock, blocks: Blocks) -> LanguageModel | None:
    """Return the smaller model that guesses for a service; None where none is named."""
    if DRAFT_MODEL not in service.fields:
        return None
    used = blocks.target(service, DRAFT_MODEL)
    source = used if used.kind == "llm" else blocks.target(used, "source")
    return models.language_model(source)


def acceptance(service: ResolvedBlock) -> Sourced[float] | None:
    """Return the chance that a guess is right, where a line states it."""
    if ACCEPTANCE not in service.fields:
        return None
    return values.number(service, ACCEPTANCE)


def draft_problems(
    service: str, decisions: tuple[Decision, ...], model: LanguageModel, draft: LanguageModel | None
) -> Iterator[Diagnostic]:
    """Yield why guesses that a line asks for cannot be made."""
    for decision in decisions:
        if decision.field != SPECULATION or decision.operator not in {"=", "in"}:
            continue
        if "draft" in decision.values and draft is None:
            yield report.no_draft_model(decision.span, service=service)
        if "mtp" in decision.values and not model.prediction_layers:
            yield report.no_prediction_module(decision.span, model=model.title)
    if draft is not None and draft.vocabulary != model.vocabulary:
        span = next((item.span for item in decisions if item.field == SPECULATION), draft.span)
        yield report.other_vocabulary(
            span,
            draft=draft.title,
            model=model.title,
            tokens=(draft.vocabulary, model.vocabulary),
        )
