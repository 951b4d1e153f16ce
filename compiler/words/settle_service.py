"""What is taken from the planner: engine, layout, replicas, context; and what else is wanted."""

from fractions import Fraction

from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words.desk import Desk, Line, words_of
from inferc.compiler.words.lengths import context_tok
from inferc.compiler.words.numbers import written

_SPLITS = ("tensor_parallel", "pipeline_parallel", "expert_parallel")
_LEFT_TO_PLAN = {
    "paging": "the planner picks an engine; whether its KV cache is paged comes with it",
    "batching": "the planner picks an engine; how it batches comes with it",
    "chunked_prefill": "the planner picks an engine; whether it splits prompts comes with it",
    "prefix_caching": "what prompts share is not stated, so no gain is planned with",
    "autoscale": "the planner always says when to add and remove replicas",
    "disaggregation": "add `serving = disaggregated` to the service for replicas of prompts alone",
    "mig": "how a GPU is shared out is said in the file: `partition = mig` of the pool",
    **dict.fromkeys(_SPLITS, "the planner decides how the model is split"),
}
_REASONS = {
    "use": "the lengths are stated, so nothing is taken from the kind of use",
    "people": "how much each of them asks for is not said",
    "rate": "how many ask for it is not said",
    "amount": "in which time is not said, so that it is no rate",
    "concurrency": "how many requests are answered at once follows from rate and lengths",
    "noted": "no line of a file comes from it",
    "memory": "memory comes with the hardware",
    "link": "nodes are joined by their network; NVLink joins the accelerators of one",
    "form": "the form of a card comes with the hardware",
    "cloud": "one cloud is planned with, of whose machines the catalog has some with this hardware",
    "platform": "plans are for Kubernetes",
    "market": "machines of one's own have no market",
    "count": "the number is stated more closely elsewhere",
    "budget": "machines of one's own have no price: add `price` or `capital` to the pool",
    "price": "a cloud's machines have their own prices",
    "region": "only a cloud's machines have regions",
    "managed": "it has none of this hardware",
    "model": "a description is of one service",
    "family": "a model is named more closely elsewhere",
    "size": "a model is named more closely elsewhere",
    "closed": "its weights are not published",
    "quantised": "the format is stated more closely elsewhere",
}


def service_lines(desk: Desk, model: str, *, network: bool) -> list[Line]:
    """Return the lines of a service that narrow what the planner may choose."""
    return [
        *_engine_lines(desk),
        *([] if network else _cache_lines(desk)),
        *([] if network else _layout_lines(desk)),
        *([] if network else _speculation_lines(desk)),
        *_replica_lines(desk),
        *([] if network else _context_lines(desk, model)),
        *([] if network else _survival_lines(desk)),
    ]


def reason_of(topic: str, word: str) -> str:
    """Return why nothing came of an understood phrase."""
    if topic == "technique":
        return _LEFT_TO_PLAN.get(word, _REASONS["noted"])
    return _REASONS.get(topic, _REASONS["noted"])


def _engine_lines(desk: Desk) -> list[Line]:
    wanted, denied = desk.take("engine"), desk.take("engine", negated=True)
    names = sorted({item.word for item in wanted} - {item.word for item in denied})
    if len(names) == 1:
        return [Line("engine", names[0], words_of(wanted))]
    if names:
        return [Line("engine", f"[{', '.join(names)}]", words_of(wanted), "in")]
    if denied:
        listed = ", ".join(sorted({item.word for item in denied}))
        return [Line("engine", f"[{listed}]", words_of(denied), "not in")]
    return []


def _cache_lines(desk: Desk) -> list[Line]:
    said = desk.take("kv_precision")
    names = sorted({item.word for item in said})
    if not names:
        return []
    if len(names) > 1:
        desk.contradiction(
            said, taken=f"a KV cache in {names[0]}", why="one format is planned with"
        )
    return [Line("kv_precision", names[0], words_of(said))]


def _layout_lines(desk: Desk) -> list[Line]:
    lines: list[Line] = []
    for field in _SPLITS:
        said = desk.take("layout", word=field)
        denied = desk.take("technique", word=field, negated=True)
        numbers = sorted({item.low for item in said if item.low})
        if len(numbers) > 1:
            desk.contradiction(
                said, taken=f"{field} {numbers[0]}", why="the smaller one is planned with"
            )
        if numbers:
            lines.append(Line(field, str(int(numbers[0])), words_of(said)))
        elif denied:
            lines.append(Line(field, "1", words_of(denied)))
    return lines


def _speculation_lines(desk: Desk) -> list[Line]:
    """Return who guesses tokens: what is named, else what needs no other model."""
    said, denied = desk.take("speculation"), desk.take("speculation", negated=True)
    if not said:
        return [Line("speculation", "none", words_of(denied))] if denied else []
    named = sorted({item.word for item in said} - {""})
    if not named:
        desk.ambiguity(
            said[0],
            taken="guesses from the prompt itself (n-grams): they need no other model",
            others=("a draft model", "EAGLE", "multi-token prediction"),
            say="name one of them; a draft model is added to the file",
        )
    return [Line("speculation", named[0] if named else "ngram", words_of(said))]


def _replica_lines(desk: Desk) -> list[Line]:
    said = [item for item in desk.take("replicas") if item.low]
    if not said:
        return []
    most = max(item.low or Fraction(1) for item in said)
    operator = ">=" if any(item.how == "least" for item in said) else "="
    return [Line("replicas", str(int(most)), words_of(said), operator)]


def _context_lines(desk: Desk, model: str) -> list[Line]:
    """Return the longest request; `8K` is 8192 tokens where it is a power of two."""
    said = [item for item in desk.take("context") if item.low]
    if not said:
        return []
    longest = max(context_tok(item.low or Fraction(0)) for item in said)
    known = facts.number_of(model, "context")
    if known and longest > known:
        desk.contradiction(
            said,
            taken=f"{known} tokens",
            why=f"{facts.title_of(model)} has a context of {known} tokens",
        )
        longest = known
    return [Line("max_model_len", f"{written(Fraction(longest))} tok", words_of(said))]


def _survival_lines(desk: Desk) -> list[Line]:
    said = desk.take("survives")
    desk.take("survives", negated=True)
    if not said:
        return []
    word = "node" if any(item.word == "node" for item in said) else "replica"
    return [Line("survives", word, words_of(said))]
