"""Which model is served, and in which format."""

from collections.abc import Sequence
from fractions import Fraction

from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words import diagnostics as report
from inferc.compiler.words.desk import Desk, Line, distinct, words_of
from inferc.compiler.words.formats import METHODS
from inferc.compiler.words.lengths import context_tok
from inferc.compiler.words.models import LANGUAGE, nearest_in_size
from inferc.compiler.words.phrases import Reading
from inferc.dsl import Diagnostic, SourceFile

UNQUANTISED = "[bf16, fp16]"
QUANTISED = "[fp8, int8, w8a16, int4]"
"""What may be chosen where somebody says "quantized" and not to what."""

_BITS = {"fp32": 32, "bf16": 16, "fp16": 16, "fp8": 8, "int8": 8, "w8a16": 8}
_FOUR = 4
_FOUR_BITS_ONLY = (
    "AWQ is a method for 4-bit weights (Lin et al., arXiv:2306.00978), and engines load no others "
    "of its kind; for 8 bits say `INT8` or `GPTQ INT8`"
)


def model_lines(desk: Desk, source: SourceFile) -> tuple[str, list[Line]]:
    """Return the path of the model, empty where there is none, and the lines of its block."""
    chosen = _chosen(desk)
    if chosen is None:
        desk.found.append(_no_model(desk, source))
        return "", []
    lines = [Line("source", f"cat.{chosen.word}", _said(desk, chosen))]
    return chosen.word, [*lines, *_precision_lines(desk, chosen)]


def _chosen(desk: Desk) -> Reading | None:
    """Return the model that counts: one that is named, a language model before a network."""
    named = distinct(desk.take("model"), lambda item: item.word)
    sized = desk.take("size")
    if not named:
        return _stand_in(desk, sized[0]) if sized else None
    ordered = sorted(named, key=lambda item: not item.word.startswith(LANGUAGE))
    first = ordered[0]
    if len(ordered) > 1:
        others = [facts.title_of(item.word) for item in ordered[1:]]
        desk.leave(ordered[1:])
        desk.ambiguity(
            first,
            taken=f"the model to serve: {facts.title_of(first.word)}",
            others=others,
            say="a description is of one service; add the others to the file",
        )
    other = [facts.title_of(path) for key, path in first.more if key == "other"]
    if other:
        desk.ambiguity(
            first, taken=facts.title_of(first.word), others=other, say="name the version"
        )
    return first


def _stand_in(desk: Desk, sized: Reading) -> Reading:
    """Return a model that is known by its size, with an entry whose context suffices."""
    contexts = [context_tok(item.low) for item in desk.look("context") if item.low]
    entry = nearest_in_size(sized.low or Fraction(1), max(contexts, default=0))
    return sized._replace(word=entry)


def _said(desk: Desk, chosen: Reading) -> str:
    alike = [item for item in desk.look("model") if item.word == chosen.word]
    if chosen.topic == "size":
        title = facts.title_of(chosen.word)
        desk.ambiguity(
            chosen,
            taken=f"a dense model of the architecture of {title}",
            say="name the model, or point `source` at its config.json",
        )
        return words_of([chosen], extra=f"no model is named: {title} stands in")
    return words_of(alike)


def _no_model(desk: Desk, source: SourceFile) -> Diagnostic:
    families = desk.take("family")
    closed = desk.take("closed")
    if families:
        near = [path.rpartition(".")[2] for _, path in families[0].more]
        why = f'"{families[0].phrase}" comes in several sizes'
    elif closed:
        near, why = [], f'the weights of "{closed[0].phrase}" are not published'
    else:
        near, why = [], "no name of a model here" if source.text.strip() else ""
    return report.not_understood_at_all(
        source, what="model", near=near, why=why, example="`Llama 3.1 8B Instruct`, `a 13B model`"
    )


# ---- format of the weights -------------------------------------------------------------------


def _precision_lines(desk: Desk, model: Reading) -> list[Line]:
    """Return the line on the format of the weights, or none where nothing is said of it."""
    methods = desk.take("method")
    said = desk.take("precision")
    denied = (*desk.take("precision", negated=True), *desk.take("method", negated=True))
    plain = (*desk.take("quantised", negated=True), *desk.look("quantised", word="none"))
    some = desk.take("quantised")
    formats = [item for item in said if item.word != "fp32"]
    for item in said:
        if item.word == "fp32":
            desk.contradiction(
                [item],
                taken="the format that the weights are published in",
                why="engines cast weights of 32 bits to 16: no plan is made of them",
            )
    if methods:
        return [_of_method(desk, methods, formats)]
    if formats:
        return [_of_formats(desk, formats, (*plain, *denied))]
    named = model.said("precision")
    if named and not plain:
        return [Line("precision", named, words_of([model]))]
    if plain or denied:
        return [Line("precision", UNQUANTISED, words_of((*plain, *denied)), "in")]
    if some:
        return [Line("precision", QUANTISED, words_of(some), "in")]
    return []


def _of_method(desk: Desk, methods: Sequence[Reading], formats: Sequence[Reading]) -> Line:
    """Return the format that a method of quantisation means, beside the widths that are named.

    GPTQ also has weights of 8 bits, which are widened for the multiply. AWQ has none: its
    checkpoints, and the kernels of engines for them, are of 4-bit weights.
    """
    method = methods[0].word
    widths = {_BITS.get(item.word, _FOUR) for item in formats}
    kind = METHODS[method] or "int4"
    if method in {"gptq", "gguf", "exl2"} and widths == {8}:
        kind = "w8a16"
    wide = [item for item in formats if _BITS.get(item.word, _FOUR) != _BITS.get(kind, _FOUR)]
    narrow = [item for item in wide if _BITS.get(item.word, _FOUR) <= 8]  # noqa: PLR2004 - bits
    if narrow:
        desk.contradiction(
            (*narrow, *methods),
            taken=f"{kind}, the format of {method.upper()}",
            why=_FOUR_BITS_ONLY
            if method == "awq"
            else "the method names the checkpoints more closely",
        )
    return Line("precision", kind, words_of((*methods, *formats)))


def _of_formats(desk: Desk, formats: Sequence[Reading], against: Sequence[Reading]) -> Line:
    """Return the format, or the formats to choose from, that are named."""
    names = sorted({item.word for item in formats}, key=lambda name: (_BITS.get(name, _FOUR), name))
    if len(names) > 1 and all(item.group for item in formats):
        return Line("precision", f"[{', '.join(names)}]", words_of(formats), "in")
    if len(names) > 1:
        desk.contradiction(
            formats,
            taken=names[0],
            why="the narrowest is what is served: weights are published wider and then quantised",
        )
    unlike = [item for item in against if item.topic == "quantised"]
    if unlike and _BITS.get(names[0], _FOUR) < _BITS["bf16"]:
        desk.contradiction(
            (*formats, *unlike), taken=names[0], why="the format is the more definite of the two"
        )
    return Line("precision", names[0], words_of(formats))
