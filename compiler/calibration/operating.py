"""How an engine ran: what its command line says, and what holds where it says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.calibration.command_line import EngineSettings
from inferc.compiler.calibration.flag_values import Setting, Settings
from inferc.compiler.model import Accelerator, Engine, defaults_of
from inferc.compiler.provenance import Origin

NOTHING: Settings = {}
_ALSO = {"kv_cache_dtype": "kv_cache"}
"""What tables call a setting, where that is something else."""
CHUNKS_FROM = "chunked_prefill_from_tok"
"""The shortest context for which an engine that does not split prompts does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """How an engine schedules, and how much it takes."""

    scheduling: str
    """``mixed`` or ``prefill_first``."""
    kv_admission: str
    """``as_needed`` or ``full_length``."""
    chunked_prefill: bool
    prefix_caching: bool
    max_num_seqs: int
    max_num_batched_tokens: int
    kv_precision: str
    kv_block_tok: int
    kv_cache_tok: int | None
    """Of the whole KV cache, where that is stated instead of a share of the memory."""
    memory_share: float
    memory_share_of: str
    """``all`` or ``free``."""
    max_model_len: int | None
    eager: bool
    graph_max_seqs: int | None
    speculation: str
    """``none`` where there is no speculative decoding."""
    speculation_depth: int
    speculation_tokens: int
    scheduler_steps: int
    batch_wait_iterations: int
    batch_wait_ratio: float
    given: frozenset[str]
    """The fields that the command line, or the source of a measurement, states."""

    def origin(self, name: str) -> Origin:
        """Return whether the field ``name`` was stated, or is what the engine does by itself."""
        return Origin.GIVEN if name in self.given else Origin.DEFAULTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Circumstances that an engine's defaults depend on."""

    context_tok: int = 0
    """The longest context of the model; 0 where it is not known."""
    accelerators: int = 1
    """Of a replica."""
    offline: bool = False
    """Whether the engine ran inside of a program instead of behind a server."""


USUAL_RUN = Run()


def settings_or_defaults(
    settings: EngineSettings,
    engine: Engine,
    accelerator: Accelerator,
    *,
    known: Settings = NOTHING,
    run: Run = USUAL_RUN,
) -> Operating:
    """Return how ``engine`` ran on ``accelerator``.

    What ``settings`` say wins over what is ``known`` of a measurement's source, and that over the
    engine's profile.
    """
    usual = defaults_of(engine, accelerator, accelerators=run.accelerators, offline=run.offline)
    chosen = _Chosen(settings, known, {name: item.value for name, item in usual.items()})
    context = chosen.whole("max_model_len", run.context_tok)
    chunked = chosen.truth("chunked_prefill", last=_splits(engine, chosen, context))
    scheduling = _scheduling(engine, chosen, chunked=chunked)
    speculation = chosen.word("speculation", "none")
    budget = _budget(chosen, chunked=chunked, context=context)
    sequences = _sequences(chosen, speculates=speculation != "none")
    cache = chosen.word("kv_cache_dtype", "auto")
    depth = chosen.whole("speculation_depth", 0 if speculation == "none" else 1)
    return Operating(
        scheduling=scheduling,
        kv_admission=engine.kv_admission,
        chunked_prefill=chunked,
        prefix_caching=chosen.truth("prefix_caching", last=engine.prefix_caching),
        max_num_seqs=min(sequences, budget) if scheduling == "mixed" else sequences,
        max_num_batched_tokens=budget,
        kv_precision=engine.kv_precisions[0] if cache == "auto" else cache,
        kv_block_tok=chosen.whole("kv_block_tok", 16),
        kv_cache_tok=chosen.whole("kv_cache_tok", 0) or None,
        memory_share=chosen.number("memory_share", 0.9),
        memory_share_of=engine.memory_share_of,
        max_model_len=context or None,
        eager=chosen.truth("eager", last=False),
        graph_max_seqs=chosen.whole("graph_max_seqs", 0) or None,
        speculation=speculation,
        speculation_depth=depth,
        speculation_tokens=chosen.whole("speculation_tokens", depth),
        scheduler_steps=chosen.whole("scheduler_steps", 1),
        batch_wait_iterations=chosen.whole("batch_wait_iterations", 0),
        batch_wait_ratio=chosen.number("batch_wait_ratio", 0.0),
        given=frozenset(chosen.given),
    )


class _Chosen:
    """Settings in the order in which they win, and the names of those that somebody states."""

    def __init__(
        self, settings: EngineSettings, known: Settings, usual: Mapping[str, float]
    ) -> None:
        self.settings = settings
        self.known = known
        self.usual = usual
        self.given: set[str] = set()

    def said(self, name: str) -> Setting | None:
        """Return what is stated of ``name``, or None."""
        value: Setting | None = getattr(self.settings, name, None)
        if value is None or value == "":
            value = self.known.get(name, self.known.get(_ALSO.get(name, "")))
        if value is not None:
            self.given.add(name)
        return value

    def number(self, name: str, last: float) -> float:
        """Return a number: what is stated, what the engine does unless told, or ``last``."""
        value = self.said(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        self.given.discard(name)
        return self.usual.get(name, last)

    def whole(self, name: str, last: int) -> int:
        """Return a whole number, as ``number`` does."""
        return int(self.number(name, last))

    def truth(self, name: str, *, last: bool) -> bool:
        """Return what is stated to be on or off, or ``last``."""
        value = self.said(name)
        return value if isinstance(value, bool) else last

    def word(self, name: str, last: str) -> str:
        """Return a stated word, or ``last``."""
        value = self.said(name)
        return value if isinstance(value, str) else last


def _splits(engine: Engine, chosen: _Chosen, context: int) -> bool:
    """Return whether prompts are split where nobody says so."""
    return engine.chunked_prefill or 0 < chosen.usual.get(CHUNKS_FROM, 0.0) <= context


def _scheduling(engine: Engine, chosen: _Chosen, *, chunked: bool) -> str:
    """Return how prompts and answers share steps.

    An engine that splits prompts only on demand does so to mix them with answers.
    """
    mixes = engine.scheduling == "mixed" or (chunked and not engine.chunked_prefill)
    return "mixed" if chosen.truth("mixed_chunk", last=mixes) else "prefill_first"


def _budget(chosen: _Chosen, *, chunked: bool, context: int) -> int:
    """Return the token budget of a step; where prompts are not split it holds the longest.

    Source: vLLM 0.17, EngineArgs._set_default_max_num_seqs_and_batched_tokens_args; its mode for
    throughput doubles what is not stated.
    """
    budget = chosen.whole("max_num_batched_tokens", 8192)
    if "max_num_batched_tokens" in chosen.given:
        return max(1, budget)
    return max(1, budget * _doubled(chosen), 0 if chunked else context)


def _sequences(chosen: _Chosen, *, speculates: bool) -> int:
    """Return the most sequences of a step; fewer where each has several tokens to verify.

    Source: SGLang 0.5.5, ServerArgs._handle_speculative_decoding.
    """
    sequences = chosen.whole("max_num_seqs", 256)
    if "max_num_seqs" in chosen.given:
        return max(1, sequences)
    fewer = chosen.usual.get("speculative_max_num_seqs") if speculates else None
    return max(1, int(fewer or sequences * _doubled(chosen)))


def _doubled(chosen: _Chosen) -> int:
    return 2 if chosen.word("performance_mode", "") == "throughput" else 1
