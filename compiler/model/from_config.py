"""A language model from the texts of its repository, without a design around it."""

from collections.abc import Mapping
from fractions import Fraction

from inferc.compiler.huggingface import Fact, Plain, describe
from inferc.compiler.model import soundness
from inferc.compiler.model.design import LanguageModel
from inferc.compiler.model.models import language_model
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import FieldValue, ResolvedBlock, Word
from inferc.compiler.schema import KINDS, Type
from inferc.compiler.units import Quantity
from inferc.dsl import Diagnostic, SourceFile, Span, has_errors


def model_from_config(
    config: SourceFile,
    *,
    quantization: SourceFile | None = None,
    index: SourceFile | None = None,
    name: str,
) -> tuple[LanguageModel | None, tuple[Diagnostic, ...]]:
    """Return the model that a `config.json` describes, and what is wrong with the files.

    ``quantization`` is `hf_quant_config.json` or `quantize_config.json`, ``index`` is
    `model.safetensors.index.json`, where they lie beside it. With an error there is no model.
    """
    found = describe(config, quantization=quantization, index=index)
    if found.diagnostics:
        return None, found.diagnostics
    block = _block(found.fields, config, name)
    model = language_model(block)
    unfit = tuple(soundness.problems(model, block))
    return (None if has_errors(unfit) else model), unfit


def _block(fields: Mapping[str, Fact], config: SourceFile, name: str) -> ResolvedBlock:
    whole = Span(config, 0, min(1, len(config.text)))
    values = {field: _value(field, fact) for field, fact in fields.items()}
    return ResolvedBlock(
        kind="llm",
        name=name,
        path=name,
        fields=values,
        restrictions=(),
        children=(),
        doc="",
        span=whole,
    )


def _value(field: str, fact: Fact) -> FieldValue:
    """Return a fact as resolution would."""
    (expected,) = KINDS["llm"].fields[field].types
    return FieldValue(
        value=_amount(fact.value, expected),
        text=str(fact.value),
        span=fact.span,
        origin=Origin.GIVEN,
    )


def _amount(value: Plain, expected: Type) -> Quantity | Word | bool | str:
    """Return a value in the form, and with the dimension, that the schema gives its field."""
    match value:
        case bool():
            return value
        case int():
            return Quantity(Fraction(value), expected.dimension, str(value))
        case str():
            return Word(value) if expected.form == "word" else value
