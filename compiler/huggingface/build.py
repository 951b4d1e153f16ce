"""From the texts of a model's repository to the fields of an `llm` block."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from inferc.compiler.huggingface import diagnostics as report
from inferc.compiler.huggingface.config import PARTS, Config, Fact
from inferc.compiler.huggingface.document import Members, NotJsonError, parse
from inferc.compiler.huggingface.draft import Draft
from inferc.compiler.huggingface.families import FAMILIES, NOT_DECODERS, UNEXPRESSED, Family
from inferc.compiler.huggingface.quantization import Published, published
from inferc.compiler.huggingface.towers import TOWERS, tower_parameters
from inferc.compiler.schema import PUBLISHED
from inferc.dsl import Diagnostic, SourceFile, Span

WIDTH_BYTES = {"fp32": 4, "fp16": 2, "bf16": 2}
"""Of one weight; formats with scales have no such number."""

_TOTAL = re.compile(r'"(total_parameters|total_size)"\s*:\s*([0-9]{1,20})')
_HEAD = 4096
"""Characters at either end of an index: the totals stand before or behind thousands of names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fields that the files state, and what is wrong with them."""

    fields: Mapping[str, Fact]
    diagnostics: tuple[Diagnostic, ...]


def describe(
    config_file: SourceFile,
    *,
    quantization: SourceFile | None = None,
    index: SourceFile | None = None,
    stated: frozenset[str] = frozenset(),
) -> Outcome:
    """Return the fields of the `llm` block that a `config.json` amounts to.

    Beside it may lie what a quantiser wrote (`hf_quant_config.json`, `quantize_config.json`) and
    the index of the weights (`model.safetensors.index.json`). Fields that are ``stated`` elsewhere
    are not asked for. With an error in the diagnostics there are no fields.
    """
    found: list[Diagnostic] = []
    whole = _config(config_file, found)
    beside = None if quantization is None else _config(quantization, found)
    if whole is None:
        return Outcome({}, tuple(found))
    config = _language_part(whole)
    family = _family(config, whole, found)
    if family is None:
        return Outcome({}, tuple(found))
    config = _completed(config, family)
    draft = Draft(config)
    family.describe(draft)
    draft.put("other_parameters", tower_parameters(whole), *TOWERS)
    found.extend(_problems(config))
    said = published(config, whole, beside)
    if said is not None and not said.format and "dtype" not in stated:
        found.append(report.unknown_quantisation(said.span, said=said.said, known=PUBLISHED))
    if found:
        return Outcome({}, tuple(found))
    _weights(draft, said, index)
    return Outcome(draft.facts, ())


def _config(source: SourceFile, found: list[Diagnostic]) -> Config | None:
    """Return the members of a file, or None after saying that it is no JSON object."""
    start = Span(source, 0, min(1, len(source.text)))
    try:
        members = parse(source)
    except NotJsonError as error:
        place = Span(source, error.place, min(error.place + 1, len(source.text)))
        found.append(report.config_not_json(place, path=source.path, expected=error.expected))
        return None
    if not isinstance(members, Members):
        found.append(report.config_not_json(start, path=source.path, expected="`{`"))
        return None
    return Config(members, start)


def _language_part(whole: Config) -> Config:
    """Return the configuration of the language model, which may be a part of a larger one."""
    for name in PARTS:
        part = whole.part(name)
        if part is not None:
            return Config(part, whole.span(name))
    return whole


def _family(config: Config, whole: Config, found: list[Diagnostic]) -> Family | None:
    """Return how the configuration is to be read, or None after saying why it is not."""
    name = config.text("model_type") or whole.text("model_type")
    owner = config if config.has("model_type") else whole
    if not name:
        path = whole.whole.source.path
        shown = tuple(whole.members.values)[:6]
        found.append(report.no_architecture(whole.whole, path=path, has=shown))
        return None
    key = name.lower()
    twist = next((item for item in UNEXPRESSED if config.has(item)), "")
    if key in NOT_DECODERS:
        place = owner.span("model_type")
        found.append(report.no_language_model(place, name=name, what=NOT_DECODERS[key]))
    elif key not in FAMILIES:
        close = get_close_matches(key, FAMILIES, n=2, cutoff=0.7)
        place = owner.span("model_type")
        found.append(
            report.unknown_architecture(place, name=name, close=close, known=tuple(FAMILIES))
        )
    elif twist:
        place = config.span(twist)
        found.append(report.layers_not_expressed(place, name=twist, what=UNEXPRESSED[twist]))
    return None if found else FAMILIES[key]


def _completed(config: Config, family: Family) -> Config:
    """Return the configuration with what its class holds where it is silent."""
    silent = {name: value for name, value in family.defaults.items() if not config.has(name)}
    members = Members({**config.members.values, **silent}, config.members.spans)
    return Config(members, config.whole)


def _problems(config: Config) -> Iterator[Diagnostic]:
    """Yield what the configuration lacks, and what it says wrong."""
    if config.missing:
        yield report.config_lacks(
            config.span("model_type"),
            path=config.whole.source.path,
            kind=config.text("model_type") or "language model",
            names=tuple(config.missing),
        )
    for mistake in config.mistakes:
        yield report.config_value(mistake.span, name=mistake.name, expected=mistake.expected)


def _weights(draft: Draft, said: Published | None, index: SourceFile | None) -> None:
    """Write the format of the weights, and how many there are where the index tells."""
    if said is not None and said.format:
        draft.facts["dtype"] = Fact(said.format, said.span)
    if index is None:
        return
    ends = (index.text[:_HEAD], index.text[-_HEAD:])
    totals = {name: int(digits) for text in ends for name, digits in _TOTAL.findall(text)}
    width = WIDTH_BYTES.get(said.format if said is not None else "", 0)
    count = totals.get("total_parameters", 0)
    if not count and width:
        count = totals.get("total_size", 0) // width
    if count:
        draft.facts["parameters"] = Fact(count, Span(index, 0, 1))
