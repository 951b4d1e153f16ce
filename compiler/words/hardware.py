"""Hardware as people list it: ``8x NVIDIA A100 80GB``, ``two nodes with 8 GPUs each``."""

import re
from collections.abc import Iterator

from inferc.compiler.words import hardware_names as names
from inferc.compiler.words.numbers import NUMBER, number_of
from inferc.compiler.words.phrases import Found

_MAKERS = r"(?:nvidia|amd|intel|google|aws|amazon|geforce|tesla|instinct|quadro|apple|habana|the)"
_MACHINES = (
    r"(?:nodes?|servers?|machines?|hosts?|boxes|box|computers?|workstations?|systems?"
    r"|vms?|instances?)"
)
_GPUS = (
    r"(?:gpus?|graphics cards?|cards?|accelerators?|chips?|devices?|tpus?|boards?|tensor core|sbcs?"
    r"|single[ -]board computers?)"
)
_MEMORY = r"\d{1,3}[ -]?(?:gb|gib|g)"
_FORM = r"(?:sxm\d?|pci-?e(?:[ -]?(?:gen)?[ ]?\d)?|nvl(?!ink)|oam)"
_DETAIL = (
    rf"(?:[ -]*\(?(?:{_MEMORY}|{_FORM}|{_GPUS}|hbm\d?e?|vram|ram|memory|form factor|model b|of|with"
    rf"(?=[ ]{_MEMORY})|and(?=[ ]{_MEMORY}))(?![a-z0-9])\)?)"
)
_COUNT = rf"(?P<count>{NUMBER})(?P<times>[ ]?x(?=[ ]|[a-z]))?[ -]*"
_GROUPS = r"(?:(?<![\w.$])(?P<groups>\d{1,4})[ ]?x[ ]?(?P<of>\d{1,4})(?:[ ]?x(?=[ ]|[a-z]))?[ ]*)"
_TIMES_DIGIT = r"(?:(?<![\w.$])(?P<stuck>\d{1,5})x(?=[a-z]))"
_SCOPE = (
    r"(?:[ ]*\(?(?P<scope>in total|total|overall|altogether|each|per node|per server"
    r"|per machine|/node)\)?(?![a-z]))?"
)


UP_TO = "up_to"
"""How a number of nodes is meant of which there may be fewer."""

_COUNTS = ("of", "stuck", "count", "behind", "after")
"""The groups of the pattern below that count accelerators."""


def _device() -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?:{_GROUPS}|{_TIMES_DIGIT}|{_COUNT})[ ]?)?(?P<before>(?:{_MAKERS}[ ]+|(?:{_MEMORY}"
        rf"|{_FORM})[ -]+|"
        r"(?P<box>dgx|hgx)[ -]+)*)"
        rf"(?:(?<![a-z0-9])|(?<=\dx))(?P<family>{names.pattern()})(?:s"
        rf"|')?(?![a-z0-9])(?:[ ]?x[ ]?(?P<behind>\d{{1,5}})(?![a-z0-9]))?"
        rf"(?P<details>{_DETAIL}*)(?:[ ]?x[ ]?(?P<after>\d{{1,5}})(?![a-z0-9]))?"
        rf"(?P<machines>[ -]*{_MACHINES}(?![a-z])"
        rf"(?:[ ]?x[ ]?(?P<copies>\d{{1,4}})(?![\d.]))?)?{_SCOPE}"
    )


_NODES = re.compile(
    rf"(?P<most>(?:up to|at most|no more than|not more than|a?[ ]?max(?:imum)?(?:[ ]of)?)[ ])?"
    rf"(?P<count>{NUMBER})[ ]?x?[ -]*(?:identical[ ]|hgx[ ]|dgx[ ]|gpu[ ]|compute[ ]"
    rf"|worker[ ]|physical[ ]"
    rf"|bare[ -]metal[ ])*"
    rf"(?P<what>{_MACHINES}(?![a-z]))(?P<each>[ ](?:of|with|having|containing|,)?[ ]*(?={NUMBER}))?"
)
_PER_NODE = re.compile(
    rf"(?P<a>{NUMBER})[ ]?x?[ -]*(?:{_GPUS}|{_MAKERS}[ ]{_GPUS})[ ]*(?:,[ ]*)?(?:each|/|per"
    rf"|in each|a)[ ]*"
    rf"(?:of[ ]them|{_MACHINES})?(?![a-z])"
    rf"|(?P<d>{NUMBER})[ ]?(?:/|per)[ ]*{_MACHINES}(?![a-z])"
    rf"|(?P<b>{NUMBER})-(?:way|gpu)(?![a-z])(?:[ -]*{_MACHINES}(?![a-z]))?"
    rf"|each[ ](?:{_MACHINES}[ ])?(?:with|has|having|holds"
    rf"|of)[ ](?P<c>{NUMBER})[ ]?x?[ ]*{_GPUS}?(?![a-z])"
)
_TOTAL = re.compile(
    rf"(?P<count>{NUMBER})[ ]?x?[ -]*(?:{_MAKERS}[ ])?(?P<what>{_GPUS})(?![a-z])"
    r"(?:[ ](?:in total|total|overall|available|altogether))?"
)
_OWN_MEMORY = re.compile(
    rf"(?P<number>{NUMBER})[ -]?(?P<unit>gb|gib|g|mb|tb)(?:[ ](?:of[ ])?(?P<kind>v?ram|memory"
    rf"|gpu memory"
    r"|system memory|system ram|hbm\d?e?|lpddr\d?x?|ddr\d|vram))?(?:[ ](?:each|per gpu"
    r"|total))?(?![a-z0-9])"
)
_FORM_ALONE = re.compile(
    r"(?<![a-z0-9])(?P<sxm>sxm\d?|hgx|dgx)(?![a-z0-9])"
    r"|(?<![a-z0-9])(?P<pcie>pci-?e)(?:[ ](?:cards?|form factor|only"
    r"|version|variant|based|attached))*(?![a-z0-9])|(?<![a-z0-9])(?P<nvl>nvl)(?![a-z0-9])"
)


def read_hardware(text: str) -> Iterator[Found]:
    """Yield the accelerators and boards in ``text``, each with its number, memory and form."""
    for match in _device().finditer(text):
        count = next((match[name] for name in _COUNTS if match[name]), "")
        yield Found(
            "hardware",
            match.start(),
            _end(match),
            names.family_of(match["family"]),
            number_of(count) if count else None,
            how=_scope(match["scope"] or ""),
            more=_details(match),
        )


def read_counts(text: str) -> Iterator[Found]:
    """Yield how many nodes there are, and how many accelerators in each or in all."""
    taken: list[tuple[int, int]] = []
    found = (*_per_node(text), *_nodes(text), *_total(text))
    for item in found:
        if not any(start < item.end and item.start < end for start, end in taken):
            taken.append((item.start, item.end))
            yield item


def read_details(text: str) -> Iterator[Found]:
    """Yield memory and form where they stand apart from the name of the hardware."""
    for match in _OWN_MEMORY.finditer(text):
        number = number_of(match["number"])
        kind = match["kind"] or ""
        if match["unit"] in {"gb", "gib", "g"} and number.denominator == 1:
            yield Found("memory", match.start(), match.end(), f"{number}gb", number, how=kind)
    for match in _FORM_ALONE.finditer(text):
        yield Found("form", match.start(), match.end(), match.lastgroup or "")


def _details(match: re.Match[str]) -> tuple[tuple[str, str], ...]:
    """Return memory, form and kind of count that were said with a name."""
    around = f"{match['before']} {match['details']}"
    memories = re.findall(rf"(?<![a-z0-9]){_MEMORY}(?![a-z0-9])", around)
    forms = re.findall(rf"(?<![a-z0-9]){_FORM}(?![a-z0-9])", around)
    found = [("memory", re.sub(r"[^0-9]", "", memory) + "gb") for memory in memories]
    found += [("form", re.sub(r"[^a-z]", "", form).removesuffix("gen")) for form in forms]
    if match["box"]:
        found += [("box", match["box"]), ("form", "sxm")]
    if match["machines"]:
        found.append(("machines", "each"))
    if match["copies"] or match["groups"]:
        found.append(("copies", match["copies"] or match["groups"]))
    if match["stuck"] or match["times"]:
        found.append(("times", "x"))
    return tuple(found)


def _end(match: re.Match[str]) -> int:
    """Return where a name ends, without a blank or bracket that belongs to what follows."""
    text = match.group()
    kept = text.rstrip(" -")
    if kept.endswith("(") or kept.count(")") > kept.count("("):
        kept = kept[:-1].rstrip(" -")
    return match.start() + len(kept)


def _scope(word: str) -> str:
    if not word:
        return ""
    return "total" if word in {"total", "in total", "overall", "altogether"} else "per_node"


def _per_node(text: str) -> Iterator[Found]:
    for match in _PER_NODE.finditer(text):
        number = number_of(match["a"] or match["b"] or match["c"] or match["d"])
        yield Found("count", match.start(), match.end(), low=number, how="per_node")


def _nodes(text: str) -> Iterator[Found]:
    for match in _NODES.finditer(text):
        end = match.end("what")
        how = UP_TO if match["most"] else ""
        yield Found("nodes", match.start(), end, low=number_of(match["count"]), how=how)


def _total(text: str) -> Iterator[Found]:
    for match in _TOTAL.finditer(text):
        yield Found("count", match.start(), match.end(), low=number_of(match["count"]), how="total")
