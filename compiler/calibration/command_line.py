"""Read an engine's own command line: flags of any engine, with prose around them.

A table of measurements quotes how the engine was started, as its author wrote it down: a command,
a list of settings, half a sentence. What can be read is; what looks like a flag and cannot is kept,
since a prediction that ignores it knows less than it seems to.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from inferc.compiler.calibration import spellings
from inferc.compiler.calibration.flag_values import NUMBER, Setting, plain, reading

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

LONGEST: Final = 10_000
"""Characters that are read: more than any command line has."""
SHORTEST_PREFIX: Final = 5
"""Letters from which on a name may be cut short, as argument parsers allow."""

DEEPEST: Final = 4
"""Objects inside of objects that are read."""

_WORDS: Final = {
    **dict.fromkeys(("1", "on", "true", "yes"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_MARK: Final = re.compile("\x00([0-9]{1,4})\x00")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What a command line says of an engine; None, or an empty text, where it says nothing."""

    program: str = ""
    """``vllm``, ``sglang``, …: whose flags they are, by the text or else by the caller's word."""
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    """Token budget of a step; where prompts have steps of their own, of a step of prompts."""
    micro_batch_tok: int | None = None
    """Tokens of one pass where a step is cut into several: llama.cpp's ``-ub``."""
    chunked_prefill: bool | None = None
    prefix_caching: bool | None = None
    mixed_chunk: bool | None = None
    """Whether chunks of prompts share steps with answers."""
    kv_cache_dtype: str = ""
    """``fp16``, ``bf16``, ``fp8``, ``int8``, ``int4``, ``nvfp4``, or ``auto``."""
    kv_cache_tok: int | None = None
    """Tokens of the whole KV cache."""
    kv_block_tok: int | None = None
    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    data_parallel: int | None = None
    expert_parallel: bool | None = None
    expert_parallel_size: int | None = None
    attention_data_parallel: bool | None = None
    quantization: str = ""
    """In the engine's own words, lower case."""
    dtype: str = ""
    memory_share: float | None = None
    """What the engine makes of it differs: of all memory, or of what weights leave."""
    max_model_len: int | None = None
    eager: bool | None = None
    """Whether steps run without CUDA graphs."""
    graph_max_seqs: int | None = None
    """The largest step that has a CUDA graph."""
    speculation: str = ""
    """``draft``, ``ngram``, ``eagle``, ``mtp``, or ``none``."""
    speculation_depth: int | None = None
    """Tokens that are proposed one after another."""
    speculation_tokens: int | None = None
    """Tokens that are verified for each sequence; more than the depth where they form a tree."""
    scheduler_steps: int | None = None
    """Decode steps for one scheduling: answers stream in bursts of as many tokens."""
    async_scheduling: bool | None = None
    batch_wait_iterations: int | None = None
    """Steps that prompts wait for more prompts."""
    batch_wait_ratio: float | None = None
    """Of the token budget: once so much waits, prompts start."""
    performance_mode: str = ""
    """vLLM's ``balanced``, ``interactivity`` or ``throughput``."""
    v1: bool | None = None
    """Whether vLLM's engine is the one with a single scheduler."""
    unread: tuple[str, ...] = ()
    """Flags that are not understood, or whose value is not."""


def read_command_line(text: str, *, engine: str = "", offline: bool = False) -> EngineSettings:
    """Return what ``text`` says of an engine.

    A later flag wins over an earlier one, as in every argument parser. ``engine`` says whose flags
    they are where the text does not. Settings that are marked as those of ``offline`` runs hold
    only for such. No text is an error.
    """
    plain, objects = _without_objects(text[:LONGEST])
    words = _split(plain)
    program = next((spellings.PROGRAMS[name] for name in map(_program, words) if name), "")
    reader = _Reader(program or _of_engine(engine), objects, offline=offline)
    reader.read(words)
    return reader.settings()


def _of_engine(engine: str) -> str:
    name = engine.lower()
    return spellings.ENGINES.get(name, name)


def _program(word: str) -> str:
    """Return the program that a word of a command starts, or nothing."""
    name = word.rpartition("/")[2].partition(".")[0].lower()
    if word.startswith("-") or "=" in word:
        return ""
    return name if name in spellings.PROGRAMS else ""


# ---- splitting ---------------------------------------------------------------------------------


def _without_objects(text: str) -> tuple[str, list[dict[str, Json]]]:
    """Return the text with a mark for each JSON object in it, and the objects."""
    found: list[dict[str, Json]] = []
    parts: list[str] = []
    decoder = json.JSONDecoder()
    done = 0
    while (start := text.find("{", done)) >= 0:
        value, end = _object_at(decoder, text, start)
        if value is None:
            parts.append(text[done:end])
        else:
            parts.append(f"{text[done:start].rstrip(chr(39))}\x00{len(found)}\x00 ")
            end += text[end : end + 1] == "'"
            found.append(value)
        done = end
    return "".join((*parts, text[done:])).replace("\\\n", " "), found


def _object_at(
    decoder: json.JSONDecoder, text: str, start: int
) -> tuple[dict[str, Json] | None, int]:
    """Return the JSON object at ``start`` and its end, or None and where to look on."""
    value: Json
    try:
        value, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start + 1
    return (value, end) if isinstance(value, dict) else (None, start + 1)


def _split(text: str) -> list[str]:
    """Return the words of a command line; those between spaces where quotes do not close."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _bare(word: str) -> str:
    """Return a word without the punctuation of the prose around it."""
    return word.strip("()[],;\"'").rstrip(".:")


# ---- reading -----------------------------------------------------------------------------------


class _Reader:
    """What has been read so far."""

    def __init__(
        self, program: str, objects: Sequence[Mapping[str, Json]], *, offline: bool
    ) -> None:
        self.program = program
        self.objects = objects
        self.offline = offline
        self.said: dict[str, Setting] = {}
        self.unread: list[str] = []
        self.values = {**spellings.VALUES, **spellings.PROGRAM_VALUES.get(program, {})}
        self.in_block = False
        """Whether what follows says how this run differs from the command before it."""

    def read(self, words: Sequence[str]) -> None:
        """Read the words of a command line."""
        at = 0
        while at < len(words):
            word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
            self.in_block = self.in_block or word == "[this"
            before = _bare(words[at - 1]).lower() if at else ""
            read = self._word(word, after) if before != "offline" or self.offline else 0
            at += 1 + read

    def settings(self) -> EngineSettings:
        """Return what has been read."""
        count, truth, text = self._count, self._truth, self._text
        size = count("expert_parallel_size")
        return EngineSettings(
            program=self.program,
            max_num_seqs=count("max_num_seqs"),
            max_num_batched_tokens=count("max_num_batched_tokens"),
            micro_batch_tok=count("micro_batch_tok"),
            chunked_prefill=truth("chunked_prefill"),
            prefix_caching=truth("prefix_caching"),
            mixed_chunk=truth("mixed_chunk"),
            kv_cache_dtype=text("kv_cache_dtype"),
            kv_cache_tok=count("kv_cache_tok"),
            kv_block_tok=count("kv_block_tok"),
            tensor_parallel=count("tensor_parallel"),
            pipeline_parallel=count("pipeline_parallel"),
            data_parallel=count("data_parallel"),
            expert_parallel=truth("expert_parallel") if size is None else size > 1,
            expert_parallel_size=size,
            attention_data_parallel=truth("attention_data_parallel"),
            quantization=text("quantization"),
            dtype=text("dtype"),
            memory_share=self._share("memory_share"),
            max_model_len=count("max_model_len"),
            eager=truth("eager"),
            graph_max_seqs=count("graph_max_seqs"),
            speculation=text("speculation"),
            speculation_depth=count("speculation_depth"),
            speculation_tokens=count("speculation_tokens"),
            scheduler_steps=count("scheduler_steps"),
            async_scheduling=truth("async_scheduling"),
            batch_wait_iterations=count("batch_wait_iterations"),
            batch_wait_ratio=self._share("batch_wait_ratio"),
            performance_mode=text("performance_mode"),
            v1=truth("v1"),
            unread=tuple(dict.fromkeys(self.unread)),
        )

    def _count(self, name: str) -> int | None:
        value = self.said.get(name)
        return value if isinstance(value, int) else None

    def _truth(self, name: str) -> bool | None:
        value = self.said.get(name)
        return value if isinstance(value, bool) else None

    def _share(self, name: str) -> float | None:
        value = self.said.get(name)
        return value if isinstance(value, float) else None

    def _text(self, name: str) -> str:
        value = self.said.get(name)
        return value if isinstance(value, str) else ""

    def _word(self, word: str, after: str) -> int:
        """Read one word; return how many words behind it belong to it."""
        if word.startswith("-") and not NUMBER.fullmatch(_bare(word[1:])):
            return self._flag(word, after)
        given, equals, value = word.partition("=")
        name = plain(_bare(given))
        if equals:
            self._assignment(name, value, word)
        elif (found := _MARK.fullmatch(_bare(word))) and int(found[1]) < len(self.objects):
            self._object("", self.objects[int(found[1])], depth=0)
        elif name.endswith((".yaml", ".yml")):
            self.unread.append(_bare(given))
        elif "-" in name and (name in self.values or self._switch_of(name) is not None):
            return self._named(name, _bare(given), after)
        return 0

    def _assignment(self, name: str, value: str, word: str) -> None:
        """Read ``max_num_seqs=256`` or ``VLLM_USE_V1=0``."""
        if self._known(name):
            self._set_text(name, value, word)
        elif name not in spellings.IGNORED and re.fullmatch(r"[a-z][a-z0-9-]*", name):
            self.unread.append(_bare(word))

    def _flag(self, word: str, after: str) -> int:
        """Read ``--max-num-seqs``, with its value in the same word or the next."""
        given, equals, value = word.partition("=")
        if level := re.fullmatch(r"-O([0-3])", given):
            self._set("compilation", level[1], word)
            return 0
        head, dot, tail = _bare(given).lstrip("-").partition(".")
        name = f"{spellings.SAME_OBJECT.get(head) or plain(head)}{dot}{plain(tail)}"
        if name in spellings.IGNORED or not name:
            return int(not equals and self._is_value(after))
        if equals:
            self._set_text(name, value, word)
            return 0
        return self._named(name, _bare(given), after)

    def _named(self, name: str, given: str, after: str) -> int:
        """Read a name whose value, if it takes one, is the next word."""
        switch = self._switch_of(name)
        if switch is not None:
            said = None if after.isdigit() else _WORDS.get(_bare(after).lower())
            self._turn(switch, on=said is not False)
            return int(said is not None)
        if not self._is_value(after):
            self.unread.append(given)
            return 0
        self._set_text(name, after, f"{given} {after}")
        return 1

    def _is_value(self, word: str) -> bool:
        """Return whether a word can be the value of the flag before it."""
        if word.startswith("-") and not NUMBER.fullmatch(_bare(word[1:])):
            return False
        given, equals, _ = word.partition("=")
        return bool(word) and not (equals and self._known(plain(_bare(given))))

    def _known(self, name: str) -> bool:
        return self._field(name) is not None or self._switch_of(name) is not None

    def _field(self, name: str) -> str | None:
        """Return the field that a flag sets; its name may be cut short where that is clear."""
        if name in self.values:
            return self.values[name]
        if len(name) < SHORTEST_PREFIX or self._switch_of(name) is not None:
            return None
        cut = {target for full, target in self.values.items() if full.startswith(name)}
        return cut.pop() if len(cut) == 1 else None

    def _switch_of(self, name: str) -> tuple[str, bool] | None:
        """Return what a flag without a value sets; ``no-`` before it turns it round."""
        found = spellings.FLAGS.get(name)
        turned = spellings.FLAGS.get(name.removeprefix("no-")) if found is None else None
        return found if turned is None else (turned[0], not turned[1])

    def _turn(self, switch: tuple[str, bool], *, on: bool) -> None:
        self.said[switch[0]] = switch[1] if on else not switch[1]

    def _set_text(self, name: str, text: str, given: str) -> None:
        """Set what ``name`` means to what ``text`` says."""
        holder, dot, key = name.partition(".")
        inside = spellings.OBJECTS.get(holder, {})
        switch = self._switch_of(key if dot else name)
        word = _bare(text)
        if (found := _MARK.search(text)) and int(found[1]) < len(self.objects):
            self._object(holder, self.objects[int(found[1])], depth=0)
        elif switch is not None and word.lower() in _WORDS:
            self._turn(switch, on=_WORDS[word.lower()])
        elif holder == "compilation-config" and not dot:
            self._set("compilation", word, given)
        else:
            self._set((inside.get(key) if dot else self._field(name)) or "", word, given)

    def _object(self, holder: str, value: Mapping[str, Json], *, depth: int) -> None:
        """Read the settings in a JSON object."""
        inside = spellings.OBJECTS.get(holder, {})
        for given, item in value.items():
            name = plain(given)
            switch = self._switch_of(name)
            if isinstance(item, dict) and depth < DEEPEST:
                self._object(name, item, depth=depth + 1)
            elif switch is not None and isinstance(item, bool):
                self._turn(switch, on=item)
            elif item is not None:
                text = "" if isinstance(item, (dict, list)) else str(item)
                where = f"{holder}.{given}".lstrip(".")
                self._set(inside.get(name) or self._field(name) or "", text, where)

    def _set(self, name: str, text: str, given: str) -> None:
        """Set the field ``name``; what it cannot hold is kept as unread."""
        found = reading(name, text)
        if found is None:
            self.unread.append(_MARK.sub("{…}", _bare(given)))
            return
        if "speculation" in found and self.in_block:
            self.in_block = False
            for field in ("speculation_depth", "speculation_tokens"):
                self.said.pop(field, None)
        if name == "draft_model" and "speculation" in self.said:
            return
        self.said.update(found)
