"""What the values of an engine's flags mean."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from inferc.compiler.calibration import spellings

Setting: TypeAlias = str | int | float | bool
Settings: TypeAlias = Mapping[str, Setting]

LARGEST: Final = 10**9
"""Above every count that an engine takes."""
LONGEST_NUMBER: Final = 30
"""Digits of a number that count."""
UNSAID: Final = frozenset({"", "auto", "none", "null"})
"""Values that leave the choice to the engine."""

NUMBER: Final = re.compile(r"(\d+(?:,\d{3})*|\d*\.\d+|\d+\.)([kKmM]?)", re.ASCII)
_SCALES: Final = {"": 1, "k": 10**3, "K": 2**10, "m": 10**6, "M": 2**20}
"""Suffixes of counts, as vLLM reads them."""
_CHAIN: Final = ("speculation_depth", "speculation_tokens")


def plain(name: str) -> str:
    """Return a name as the tables of spellings have it."""
    return name.strip("-").replace("_", "-").lower()


def reading(name: str, text: str) -> Settings | None:
    """Return what ``text`` tells the field ``name``; None where the field cannot hold that."""
    reader = _READERS.get(name)
    return None if reader is None else reader(text)


def _number(text: str) -> float | None:
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    return float(found[1].replace(",", "")[:LONGEST_NUMBER]) * _SCALES[found[2]]


def _whole(text: str, low: int = 1) -> int | None:
    """Return a count, ``8192``, ``8,192`` or ``8k``, or None."""
    value = _number(text)
    usable = value is not None and low <= value <= LARGEST and value == int(value)
    return int(value) if value is not None and usable else None


def _count(name: str, low: int, text: str) -> Settings | None:
    value = _whole(text, low)
    if value is not None:
        return {name: value}
    return {} if plain(text) in UNSAID else None


def _share(name: str, text: str) -> Settings | None:
    value = _number(text)
    if value is not None and 0.0 < value <= 1.0:
        return {name: value}
    return {} if plain(text) in UNSAID else None


def _words(name: str, text: str) -> Settings | None:
    return {} if plain(text) in UNSAID else {name: text.lower()}


def _context(text: str) -> Settings | None:
    return {} if text == "-1" else _count("max_model_len", 1, text)


def _prompt_chunk(text: str) -> Settings | None:
    """Read SGLang's ``--chunked-prefill-size``: -1 turns chunks off."""
    if text == "-1" or _whole(text, 0) == 0:
        return {"chunked_prefill": False}
    budget = _count("max_num_batched_tokens", 1, text)
    return {**budget, "chunked_prefill": True} if budget else budget


def _chain(text: str) -> Settings | None:
    """Read a number of tokens that are proposed one after another and verified together."""
    value = _whole(text, 0)
    return None if value is None else dict.fromkeys(_CHAIN, value)


def _ngram(text: str) -> Settings | None:
    """Read TGI's ``--speculate``."""
    chain = _chain(text)
    if chain is None:
        return None
    return {**chain, "speculation": "ngram" if any(chain.values()) else "none"}


def _kv_format(text: str) -> Settings | None:
    word = plain(text)
    kind = "auto" if word in UNSAID else spellings.KV_FORMATS.get(word, "")
    return {"kv_cache_dtype": kind} if kind else None


def _kv_bits(text: str) -> Settings | None:
    """Read LMDeploy's ``--quant-policy``."""
    if text == "0":
        return {}
    return {"kv_cache_dtype": f"int{text}"} if text in {"4", "8"} else None


def _speculation(text: str) -> Settings | None:
    word = plain(text)
    kind = "mtp" if word.endswith("mtp") else spellings.SPECULATION.get(word, "")
    return {"speculation": kind} if kind else None


def _draft(text: str) -> Settings | None:
    """Read the model that proposes; vLLM took ``[ngram]`` for none."""
    return {"speculation": "ngram" if "ngram" in text.lower() else "draft"}


def _compilation(text: str) -> Settings | None:
    """Read vLLM's level: 0 neither compiles nor captures."""
    return {"eager": True} if plain(text) in {"0", "none"} else {}


def _graph_mode(text: str) -> Settings | None:
    return {"eager": True} if plain(text) == "none" else {}


def _graph_sizes(text: str) -> Settings | None:
    """Read TGI's ``--cuda-graphs``: sizes, or 0 for none."""
    sizes = [_whole(part, 0) for part in text.split(",")]
    largest = max((size for size in sizes if size is not None), default=None)
    if largest is None:
        return None
    return {"graph_max_seqs": largest} if largest else {"eager": True}


_COUNTED_FROM: Final = {
    **dict.fromkeys(("batch_wait_iterations", *_CHAIN), 0),
    **dict.fromkeys(
        (
            "data_parallel",
            "expert_parallel_size",
            "graph_max_seqs",
            "kv_block_tok",
            "kv_cache_tok",
            "max_num_batched_tokens",
            "max_num_seqs",
            "micro_batch_tok",
            "pipeline_parallel",
            "scheduler_steps",
            "tensor_parallel",
        ),
        1,
    ),
}

_READERS: Final[Mapping[str, Callable[[str], Settings | None]]] = {
    **{name: partial(_count, name, low) for name, low in _COUNTED_FROM.items()},
    **{name: partial(_share, name) for name in ("batch_wait_ratio", "memory_share")},
    **{name: partial(_words, name) for name in ("dtype", "performance_mode", "quantization")},
    "chain": _chain,
    "compilation": _compilation,
    "draft_model": _draft,
    "graph_mode": _graph_mode,
    "graphs": _graph_sizes,
    "kv_bits": _kv_bits,
    "kv_cache_dtype": _kv_format,
    "max_model_len": _context,
    "ngram_tokens": _ngram,
    "prompt_chunk_tok": _prompt_chunk,
    "speculation": _speculation,
}
"""By field, or by what sets several."""
