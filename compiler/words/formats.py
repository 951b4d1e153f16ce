"""Formats of weights, and how they were quantised: ``FP16``, ``INT8 AWQ``, ``4-bit``."""

import re
from collections.abc import Iterator

from inferc.compiler.calibration import Conditions, weights_format
from inferc.compiler.words.phrases import Found

METHODS = {"awq": "int4", "gptq": "int4", "nf4": "int4", "qlora": "int4", "gguf": "", "exl2": ""}
"""Methods of quantisation and the format of weights that each means when nothing else is said."""

_SYNONYMS = {
    "half precision": "fp16",
    "half-precision": "fp16",
    "16-bit float": "fp16",
    "full precision": "fp32",
    "full-precision": "fp32",
    "single precision": "fp32",
    "float32": "fp32",
    "fp32": "fp32",
    "tf32": "fp32",
    "e4m3": "fp8",
    "e5m2": "fp8",
    "f16": "fp16",
    "i8": "int8",
    "w8a8": "int8",
    "smoothquant": "int8",
    "llm.int8": "int8",
}
_BITS = {"16": "bf16", "8": "int8", "4": "int4"}

_FORMAT = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?P<name>bf-?16|bfloat-?16|fp-?16|float-?16|f16|fp-?32|float-?32|tf32|fp-?8|fp-?4|nvfp4|mxfp4"
    r"|int-?8|int-?4|w4a16|w8a16|w8a8|e4m3|e5m2|smoothquant|half[ -]precision|full[ -]precision"
    r"|single precision)"
    r"|(?P<bits>16|8|4|four|eight|sixteen)[ -]?bits?"
    r"|q(?P<quant>[48])(?:_[a-z0-9]+)*"
    r"|(?P<method>awq|gptq|nf4|qlora|gguf|exl2)"
    r")(?![a-z0-9])"
    r"(?P<tail>(?:[ -](?:precision|weights?|quanti[sz]ation|quanti[sz]ed|quants?|format|dtype"
    r"|inference"
    r"|weight-only))*)"
)
_QUANTISED = re.compile(r"(?<![a-z0-9])(?:un)?quanti[sz](?:ation|ed|e|ing)(?![a-z])")
_CACHE = re.compile(
    r"(?<![a-z0-9])(?:(?P<before>fp8|int8|int4|fp16|bf16)[ -](?:kv[ -]?cache)"
    r"|kv[ -]?cache(?: (?:in|at|of|with|quanti[sz]ed to))* (?P<after>fp8|int8|int4|fp16"
    r"|bf16))(?![a-z0-9])"
)
_NUMBER_WORDS = {"four": "4", "eight": "8", "sixteen": "16"}


def read_formats(text: str) -> Iterator[Found]:
    """Yield the formats in ``text``; a method of quantisation has the topic ``method``."""
    caches = list(_CACHE.finditer(text))
    for match in caches:
        word = match["before"] or match["after"]
        yield Found("kv_precision", match.start(), match.end(), word)
    for match in _FORMAT.finditer(text):
        if any(cache.start() <= match.start() < cache.end() for cache in caches):
            continue
        if match["method"]:
            yield Found("method", match.start(), match.end(), match["method"])
            continue
        yield Found("precision", match.start(), match.end(), _format(match))
    for match in _QUANTISED.finditer(text):
        if not any(m.start() <= match.start() < m.end() for m in _FORMAT.finditer(text)):
            word = "none" if match.group().startswith("un") else "some"
            yield Found("quantised", match.start(), match.end(), word)


def _format(match: re.Match[str]) -> str:
    """Return the language's word for a format."""
    if match["bits"]:
        return _BITS[_NUMBER_WORDS.get(match["bits"], match["bits"])]
    if match["quant"]:
        return _BITS[match["quant"]]
    plain = match["name"]
    if plain in _SYNONYMS:
        return _SYNONYMS[plain]
    plain = plain.replace("-", "")
    known = weights_format(Conditions(id="", model="", gpu="", engine="", load="", weights=plain))
    return known.name or _SYNONYMS.get(plain, plain)
