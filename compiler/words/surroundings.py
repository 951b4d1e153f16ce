"""What surrounds model and hardware: platform, cloud, networks, engine, budget, redundancy."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Final

from inferc.compiler.calibration import Conditions, engine_name
from inferc.compiler.model.catalog import paths
from inferc.compiler.words import catalog_text as facts
from inferc.compiler.words.numbers import NUMBER, number_of
from inferc.compiler.words.phrases import Found, masked

_PLATFORMS: Final = (
    ("kubernetes", r"kubernetes|k8s|k3s|openshift|rancher|rke2?"),
    (
        "on_premises",
        (
            r"on[ -]?prem(?:ises?)?|own data ?cent(?:er|re)s?|private (?:cloud|data ?cent(?:er"
            r"|re))|in[ -]house|colo(?:cation)?"
        ),
    ),
    ("serverless", r"serverless|scale[ -]to[ -]zero"),
    (
        "machine",
        (
            r"bare[ -]metal|workstations?|desktop|laptop|edge devices?|at the edge|edge|docker"
            r"|single machine"
        ),
    ),
)
_ANY_CLOUD = r"(?:public |the )?clouds?(?: providers?| hosted)?"
_FABRICS: Final = {
    "ethernet": (1, 10, 25, 40, 50, 100, 200, 400, 800),
    "infiniband": (200, 400, 800),
    "roce": (100, 200, 400),
}
_GENERATIONS = {"hdr": 200, "ndr": 400, "xdr": 800}
_BETWEEN = (
    r"(?:[ ](?:between|across|among)(?: the| all)? (?:nodes?|servers?|machines?"
    r"|hosts?)|[ ]inter-?node)"
)
_WORDS_OF_NETWORKS = (
    r"(?:[ -](?:networking|network|nics?|interconnects?|fabric|links?"
    r"|connections?|ethernet|switches|switch))*"
)
_SPEED = (
    r"(?P<speed>\d{1,4})[ -]?(?:gbe|gige|g(?=[ ]?(?:ethernet|infiniband|ib|roce"
    r"|network))|gb/s|gbps|gbit/s|gbit|gigabit)"
)
_NETWORK = re.compile(
    rf"(?<![a-z0-9])(?:(?:standard|fast|inter-?node)[ ])*(?:(?:{_SPEED}[ -]*(?P<kind>ethernet"
    rf"|infiniband|ib|roce(?:v2)?)?)"
    rf"|(?P<named>infiniband|roce(?:v2)?|ethernet|ib)(?:[ ](?P<gen>hdr|ndr"
    rf"|xdr))?(?:[ ](?P<after>\d{{2,4}})(?:[ ]?(?:g|gb|gbps|gb/s))?)?"
    rf"|(?P<first>hdr|ndr|xdr)(?:[ ](?:infiniband|ib))?){_WORDS_OF_NETWORKS}{_BETWEEN}?(?![a-z0-9])"
)
_NVLINK = re.compile(
    r"(?<![a-z0-9])(?:(?:connected|joined|linked|interconnected)[ ](?:via|by|with|over"
    r"|through)[ ])?"
    rf"(?P<name>nvlinks?|nvswitch(?:es)?|nvl72|xgmi"
    rf"|infinity fabric)(?:[ -]?\d(?:\.0)?)?{_WORDS_OF_NETWORKS}(?:[ ]bridges?)?"
    rf"(?P<between>{_BETWEEN})?(?:[ ](?:within|inside|in)(?: each| a| the)? (?:nodes?"
    rf"|servers?))?(?![a-z0-9])"
)
_MONEY = re.compile(
    rf"(?:(?:budget|spend(?:ing)?|costs?|limit|cap)(?:[ ](?:of|is|limit|cap|up to|under|below"
    rf"|at most|max|maximum|<))*[ :]*)?"
    rf"(?:under |below |at most |up to |max(?:imum)? |less than "
    rf"|<)?(?:\$[ ]?(?P<usd>{NUMBER.replace('$', '')})|(?P<amount>{NUMBER})[ ]?(?:usd"
    rf"|dollars?|us\$))"
    r"(?:[ ]?usd)?(?:[ ]*(?:/|per|a|an|each|every)[ ]*(?P<time>months?|mo|hours?|hr|h|years?"
    r"|yr|y|days?|d|weeks?)|[ ](?P<adverb>monthly|hourly"
    r"|yearly|annually|daily))?(?![a-z0-9])(?:[ ](?:budget|limit|cap|in total))?"
)
_PRICE = re.compile(
    rf"\$[ ]?(?P<usd>{NUMBER.replace('$', '')})[ ]*(?:/|per|a|an)[ ]*(?:(?:gpu|accelerator"
    rf"|card)[ -]*(?:/|per)?[ -]*"
    r"(?:hours?|hr|h)|(?:hours?|hr|h)[ ]*(?:/|per)[ ]*(?:gpu|accelerator|card))(?![a-z])"
)
_PERIODS = {"mo": "mo", "h": "h", "y": "y", "a": "y", "d": "d", "w": "week"}
_SPARE: Final = (
    (
        "node",
        (
            r"n\+1|(?:surviv\w+|tolerat\w+|withstand\w*)(?: the)?(?: loss| failure)?(?: of)?(?: a"
            r"| one)? (?:nodes?|servers?|machines?)"
            r"(?: failures?| loss| outages?)?|node (?:failure|redundancy)|redundant nodes?"
        ),
    ),
    (
        "replica",
        (
            r"highly? availab(?:le|ility)|high[ -]availability|fault[ -]toleran(?:t|ce)"
            r"|redundan(?:t|cy)|failover"
            r"|(?:surviv\w+|tolerat\w+)(?: the)?(?: loss| failure)?(?: of)?(?: a"
            r"| one)? (?:replica|pod|instance)s?(?: failures?| loss)?"
        ),
    ),
)
_SPLITS = re.compile(
    r"(?<![a-z0-9])(?:(?P<tp>tp|tensor[ -]parallel(?:ism)?(?:[ -]size)?)|(?P<pp>pp"
    r"|pipeline[ -]parallel(?:ism)?(?:[ -]size)?))"
    rf"(?:[ ]?(?:=|of|:|x)?[ ]?(?P<number>{NUMBER}|(?<=tp|pp)\d{{1,2}}))?(?![a-z0-9])"
)
_REPLICAS = re.compile(
    rf"(?P<least>at least|minimum(?: of)?"
    rf"|min)?[ ]?(?P<number>{NUMBER})[ ](?:model[ ])?replicas?(?![a-z])"
)
_GUESSERS: Final = (
    ("eagle", r"eagle[ -]?[23]?|medusa"),
    ("mtp", r"multi[ -]token prediction|mtp"),
    ("ngram", r"n-?gram(?: speculation| speculative decoding)?|prompt lookup(?: decoding)?"),
    ("", r"speculative (?:decoding|sampling)|speculation|draft models?"),
)
"""Who guesses tokens, in speculative decoding; the empty word where nobody says."""
_TECHNIQUES: Final = (
    ("expert_parallel", r"expert[ -]parallel(?:ism)?|ep(?=\d)"),
    (
        "disaggregation",
        (
            r"disaggregat(?:ed|ion)(?: (?:prefill|serving|inference)(?: and decode)?)?"
            r"|prefill[ -]decode (?:separation|disaggregation)|pd disaggregation"
        ),
    ),
    ("prefix_caching", r"prefix[ -]cach(?:e|ing)|prompt[ -]cach(?:e|ing)"),
    ("paging", r"paged[ -]?attention"),
    ("batching", r"(?:continuous|dynamic|in[ -]?flight|iteration[ -]level)[ -]batching"),
    ("chunked_prefill", r"chunked[ -]prefill"),
    (
        "autoscale",
        (
            r"auto[ -]?scal(?:ing|e[sd]?|er)|elastic(?:ally)?(?: scaling)?|scale (?:up"
            r"|out)(?: and down)?|hpa|keda"
        ),
    ),
    ("mig", r"mig(?: slices?| partitions?)?|multi-instance gpu|time[ -]slicing"),
)
_NOTED: Final = (
    ("tuning", r"fine[ -]?tun(?:ed|ing)|lora(?: adapters?)?|adapters?"),
    ("tenancy", r"multi[ -]tenan(?:t|cy)|tenants?|tenant isolation|fairness"),
    (
        "framework",
        (
            r"pytorch|tensorflow|jax|onnx|hugging ?face(?: transformers)?|safetensors"
            r"|transformers|mlflow"
        ),
    ),
    (
        "availability",
        (
            r"\d{2}(?:\.\d+)?[ ]?%(?: uptime| availability| sla)|(?:uptime"
            r"|availability)(?: of)?(?: \d{2}(?:\.\d+)?[ ]?%)?"
        ),
    ),
    ("region", r"multi[ -]region|regions?"),
    ("latency", r"latency(?: requirements?)?|response times?"),
    ("security", r"gdpr|hipaa|soc ?2|pii|encryption|encrypted|mtls|tls|air[ -]gapped|vpc"),
    ("power", r"\d+[ ]?(?:kw|w|watts?)(?: power)?|power (?:budget|limit)"),
    (
        "purpose",
        (
            r"text generation|(?:image |text )?(?:classification|embeddings?|detection)"
            r"|transcription|agentic|reasoning|generat(?:ive|es?|ing) text|language (?:model"
            r"|generation)|inference"
            r"|serving|decoder-only"
        ),
    ),
)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")


_READERS: Final = (
    *(("platform", word, _pattern(words)) for word, words in _PLATFORMS),
    ("platform", "cloud", _pattern(_ANY_CLOUD)),
    *(("survives", word, _pattern(words)) for word, words in _SPARE),
    *(("speculation", word, _pattern(words)) for word, words in _GUESSERS),
    *(("technique", word, _pattern(words)) for word, words in _TECHNIQUES),
)
_NOTES: Final = tuple(("noted", word, _pattern(words)) for word, words in _NOTED)


def read_money(text: str) -> Iterator[Found]:
    """Yield prices of accelerators, and budgets."""
    prices = list(_PRICE.finditer(text))
    for match in prices:
        yield Found("price", match.start(), match.end(), low=number_of(match["usd"]))
    text = masked(text, [Found("", match.start(), match.end()) for match in prices])
    for match in _MONEY.finditer(text):
        period = match["time"] or match["adverb"] or ""
        per = _PERIODS.get("mo" if period.startswith("mo") else period[:1], "")
        number = number_of(match["usd"] or match["amount"])
        yield Found("budget", match.start(), match.end(), per, number)


def read_networks(text: str) -> Iterator[Found]:
    """Yield what joins nodes, and what joins the accelerators of one."""
    for match in _NVLINK.finditer(text):
        how = "between" if match["between"] else ""
        word = (
            re.sub(r"(?:es|s)$", "", match["name"]) if match["name"] != "nvswitch" else "nvswitch"
        )
        yield Found("link", match.start(), match.end(), word, how=how)
    for match in _NETWORK.finditer(text):
        kind, speed = _fabric(match)
        if speed or match["named"]:
            low = Fraction(speed) if speed else None
            yield Found("network", match.start(), match.end(), kind, low)


def network_path(kind: str, speed: Fraction | None) -> str:
    """Return the link of the catalog of this kind, as fast as is said or the next slower one."""
    speeds = _FABRICS[kind]
    wanted = speed or speeds[0]
    slower = [known for known in speeds if known <= wanted]
    return f"{kind}_{max(slower) if slower else speeds[0]}g"


def read_surroundings(text: str) -> Iterator[Found]:
    """Yield platform, cloud, redundancy, engine, layout and techniques."""
    taken: list[Found] = []
    candidates = (*_splits(text), *_engines(text), *_of_words(text, _READERS))
    for found in candidates:
        if not any(one.start < found.end and found.start < one.end for one in taken):
            taken.append(found)
    yield from taken


def read_notes(text: str) -> Iterator[Found]:
    """Yield what is understood and has no part in a plan."""
    return _of_words(text, _NOTES)


def _of_words(text: str, readers: tuple[tuple[str, str, re.Pattern[str]], ...]) -> Iterator[Found]:
    for topic, word, pattern in readers:
        for match in pattern.finditer(text):
            yield Found(topic, match.start(), match.end(), word)


def _fabric(match: re.Match[str]) -> tuple[str, int]:
    named = match["kind"] or match["named"] or ""
    generation = match["gen"] or match["first"]
    kind = "infiniband" if generation or named in {"infiniband", "ib"} else "ethernet"
    if named.startswith("roce"):
        kind = "roce"
    return kind, _GENERATIONS.get(generation or "", int(match["speed"] or match["after"] or 0))


def _splits(text: str) -> Iterator[Found]:
    for match in _SPLITS.finditer(text):
        word = "tensor_parallel" if match["tp"] else "pipeline_parallel"
        if match["number"]:
            yield Found("layout", match.start(), match.end(), word, number_of(match["number"]))
        elif len(match.group()) > len("tp"):
            yield Found("technique", match.start(), match.end(), word)
    for match in _REPLICAS.finditer(text):
        how = "least" if match["least"] else ""
        yield Found("replicas", match.start(), match.end(), low=number_of(match["number"]), how=how)


@cache
def _engine_names() -> dict[str, str]:
    """Return the engines by what people call them, without signs."""
    found: dict[str, str] = {}
    for path in paths("engine"):
        for name in (path.rpartition(".")[2], facts.title_of(path)):
            plain = re.sub(r"[^a-z]", "", name.lower())
            if plain and "legacy" not in plain:
                found.setdefault(plain, path.rpartition(".")[2])
    return found


def _engines(text: str) -> Iterator[Found]:
    """Yield the engines of the catalog, by their names or by other words for them."""
    words = list(re.finditer(r"[a-z][a-z0-9.+]*", text))
    for first in range(len(words)):
        for last in (first + 2, first + 1, first):
            if last >= len(words):
                continue
            start, end = words[first].start(), words[last].end()
            path = _engine(text[start:end])
            if path:
                yield Found("engine", start, end, path)
                break


def _engine(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9.+ -]+", name):
        return ""
    plain = re.sub(r"[^a-z]", "", name)
    known = engine_name(Conditions(id="", model="", gpu="", engine=plain, load=""))
    return _engine_names().get(plain) or (known.id if known.same and plain else "")
