"""How values and types are called in messages."""

from datetime import date

from inferc.compiler.resolve.blocks import Word
from inferc.compiler.resolve.nodes import (
    Call,
    FileSpace,
    Folder,
    Inner,
    Interval,
    Items,
    Many,
    Node,
    Nothing,
    Planned,
)
from inferc.compiler.resolve.wording import article, quoted
from inferc.compiler.schema import KINDS, Type, Types
from inferc.compiler.units import (
    BANDWIDTH,
    BYTE,
    COMPUTE,
    GPU_PRICE,
    NUMBER,
    RATE,
    TIME,
    TOK,
    TOK_RATE,
    Quantity,
    base_unit,
    decimal_text,
)

DEEPEST = 4
"""How many lists inside lists a message shows."""


def show(value: Inner, depth: int = 0) -> str:
    """Return ``value`` as people write it."""
    match value:
        case Quantity():
            text = str(value)
        case bool():
            text = "true" if value else "false"
        case str():
            text = f'"{value}"'
        case date():
            text = value.isoformat()
        case Word(text=text):
            pass
        case Interval(low=low, high=high):
            text = f"{low}..{high}"
        case Node():
            text = value.path or value.name
        case Planned(path=path):
            text = path
        case _:
            text = _show_compound(value, depth)
    return text


def _show_compound(value: Inner, depth: int) -> str:
    if depth > DEEPEST:
        return "…"
    match value:
        case Items(items=items, names=None):
            text = f"[{', '.join(show(item, depth + 1) for item in items)}]"
        case Items(items=items, names=names) if names is not None:
            pairs = zip(names, items, strict=True)
            text = f"{{ {', '.join(f'{n} = {show(v, depth + 1)}' for n, v in pairs)} }}"
        case Call(name=name, arguments=arguments):
            pairs2 = (f"{n} = {show(v, depth + 1)}" for n, v in arguments.items())
            text = f"{name}({', '.join(pairs2)})"
        case Many(count=count, node=node):
            text = f"{count} * {node.path}"
        case Nothing():
            text = "none"
        case _:
            text = "?"
    return text


def noun(value: Inner) -> str:
    """Return what ``value`` is: ``a duration``, ``service `chat```, ``a text``."""
    match value:
        case Quantity(dimension=dimension):
            text = dimension.noun
        case bool():
            text = "true or false"
        case str():
            text = "a text"
        case date():
            text = "a date"
        case Word(text=text):
            text = f"the word `{text}`"
        case Node():
            text = value.title
        case _:
            text = _noun_of_compound(value)
    return text


def _noun_of_compound(value: Inner) -> str:
    match value:
        case Interval():
            text = "a range"
        case Items(names=None):
            text = "a list"
        case Items():
            text = "a record"
        case Call(name=name):
            text = f"a `{name}(…)`"
        case Many(node=node):
            text = f"several of {node.title}"
        case Folder(dotted=dotted):
            text = f"the folder `{dotted}` of the standard library"
        case FileSpace(key=key):
            text = f"the file `{key}`"
        case Planned(path=path):
            text = f"`{path}`, which the planner decides"
        case Nothing():
            text = "none"
        case _:
            text = "something with an error"
    return text


def expected(types: Types) -> str:
    """Return what a field takes, its alternatives joined with ``or``."""
    found = list(dict.fromkeys(_expected_one(item) for item in types))
    return " or ".join(found) if found else "nothing"


def _expected_one(item: Type) -> str:
    match item.form:
        case "quantity":
            text = (
                "a whole number" if item.whole and item.dimension == NUMBER else item.dimension.noun
            )
        case "word":
            text = f"one of {quoted(item.words)}" if item.words else "a word"
        case "entry" | "ref":
            text = reference_to(item.kinds)
        case "multiple":
            text = f"a number of them, `8 * {item.kinds[0]}`"
        case "list":
            text = f"a list of {_plural(item.of)}"
        case "call":
            text = f"`{'` or `'.join(item.calls)}(…)`"
        case _:
            text = _PLAIN[item.form]
    return text


_PLAIN = {
    "text": "a text",
    "bool": "`true` or `false`",
    "date": "a date",
    "range": "a range",
    "record": "a record",
    "any": "anything",
}


def _plural(types: Types) -> str:
    words = [word for item in types for word in item.words]
    return quoted(words) if words else "such values"


def reference_to(kinds: tuple[str, ...]) -> str:
    """Return ``a pool or a device``."""
    usable = [kind for kind in dict.fromkeys(kinds) if KINDS[kind].status == "supported"]
    return " or ".join(article(kind) for kind in usable or kinds)


def allowed(item: Type) -> str:
    """Return which amounts a type allows: ``a whole number from 1``."""
    unit = base_unit(item.dimension) if item.high is not None else ""
    low = None if item.low is None else _joined(decimal_text(item.low), unit)
    high = None if item.high is None else _joined(decimal_text(item.high), unit)
    what = "a whole number" if item.whole else "a number" if item.dimension == NUMBER else ""
    if low is not None and high is not None:
        limits = f"above {low}, up to {high}" if item.above_low else f"between {low} and {high}"
    elif low is not None:
        limits = f"above {low}" if item.above_low else f"from {low}"
    else:
        limits = ""
    return _joined(what, limits) or "an amount"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def hint(item: Type, value: Quantity) -> str:
    """Return what may have been meant: the same number in a unit of the right dimension."""
    unit = _USUAL.get(item.dimension)
    number_text = value.text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/%$ ")
    if unit is None or not number_text.replace("_", "").replace(".", "").isdigit():
        return ""
    return f"`{number_text}{unit}`, if that is what you mean"


_USUAL = {
    TIME: "ms",
    RATE: " req/s",
    BYTE: " GB",
    BANDWIDTH: " GB/s",
    TOK: " tok",
    TOK_RATE: " tok/s",
    COMPUTE: " TFLOP/s",
    NUMBER: "",
    GPU_PRICE: " USD/gpu/h",
}
"""The unit in which people usually write a dimension."""


def example_of(types: Types) -> str:
    """Return a value that the field could have, to be shown as what to write."""
    item = types[0]
    match item.form:
        case "quantity":
            text = "1" if item.whole else f"10{_USUAL.get(item.dimension, '')}"
        case "text":
            text = '"…"'
        case "word":
            text = item.words[0] if item.words else "…"
        case "multiple":
            text = "8 * cat.gpu.nvidia.h100_80gb_sxm"
        case "list":
            text = f"[{example_of(item.of)}]"
        case "ref" | "entry":
            text = f"my_{item.kinds[0]}"
        case "call":
            text = f"{item.calls[0]}(…)"
        case _:
            text = "…"
    return text
