"""What a file consists of, by a parser of its format: to compare two that differ in a text only.

A reading is a tree of dicts, lists and texts. Whatever a hostile text could break out into is a
part of that tree: keys, elements, statements, directives, lines.
"""

import ast
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from shutil import which
from typing import TypeAlias
from xml.etree import ElementTree as ET

import yaml

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"


def read(path: str, content: bytes) -> Tree:
    """Return what the file at ``path`` consists of. Raises where it is not well-formed."""
    if path.endswith(PIXELS):
        return "pixels"
    text = content.decode()
    if "/templates/" in f"/{path}" and "{{" in text:
        return _go_template(text)
    name = path.rpartition("/")[2]
    ending = name.rpartition(".")[2] if "." in name else ""
    reader = READERS.get(ending, _first_line(text))
    return reader(text)


PIXELS = (".png",)


def _first_line(text: str) -> Callable[[str], Tree]:
    return _shell if text.startswith(("#!/bin/sh", "#!/usr/bin/env bash", "#!/bin/bash")) else lines


def lines(text: str) -> Tree:
    """Return the lines of a text; where a line ends is up to whatever reads it."""
    return list[Tree](re.split(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text))


class StrictLoader(yaml.SafeLoader):
    """A loader that refuses a key that stands there twice."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT002 - its own signature
    ) -> dict[object, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len({repr(key) for key in keys}), f"twice: {keys}"
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Tree:
    documents = list(yaml.load_all(text, StrictLoader))
    return _plain([documents, _comments(text)])


def _comments(text: str) -> list[str]:
    """Return the lines that hold nothing but a comment."""
    return [line.strip() for line in lines(text) if str(line).lstrip().startswith("#")]


def _plain(value: object) -> Tree:
    """Return data as a tree, in which the type of each text can be seen."""
    match value:
        case dict():
            return {f"{type(key).__name__} {key}": _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case str():
            return f"str {value}"
        case _:
            return f"{type(value).__name__} {value!r}"


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(pairs) == len(dict(pairs)), f"twice: {pairs}"
    return dict(pairs)


def _json(text: str) -> Tree:
    return _plain(json.loads(text, object_pairs_hook=_pairs))


def _python(text: str) -> Tree:
    """Return a program: statements and expressions, in which texts are only constants."""
    compile(text, "emitted.py", "exec", dont_inherit=True)
    return [_syntax(ast.parse(text)), list[Tree](_comments(text))]


def _syntax(node: object) -> Tree:
    match node:
        case ast.Constant(value=value):
            return f"constant {type(value).__name__} {value!s}"
        case ast.AST():
            fields: dict[str, Tree] = {"": type(node).__name__}
            return fields | {name: _syntax(value) for name, value in ast.iter_fields(node)}
        case list():
            return [_syntax(item) for item in node]
        case _:
            return repr(node)


def _xml(text: str) -> Tree:
    assert "<!DOCTYPE" not in text
    assert "<!ENTITY" not in text
    return _element(ET.fromstring(text))  # noqa: S314 - our own


PLACES = frozenset(
    {"x", "y", "width", "height", "points", "d", "transform", "viewBox", "pageWidth", "pageHeight"}
)
"""Attributes that say where something stands, which follows from how long texts are."""


def _element(element: ET.Element) -> Tree:
    return {
        "": element.tag,
        "text": element.text or "",
        "tail": element.tail or "",
        **{f"@{name}": "" if name in PLACES else value for name, value in element.attrib.items()},
        "inside": [_element(inner) for inner in element],
    }


def _markdown(text: str) -> Tree:
    """Return a page: its blocks and what is in their lines, HTML and links by themselves."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [_token(token) for token in tokens]


def _token(token: object) -> Tree:
    kind, content = str(getattr(token, "type", "")), str(getattr(token, "content", ""))
    inner = getattr(token, "children", None)
    attributes = {f"@{name}": str(value) for name, value in getattr(token, "attrs", {}).items()}
    shown = "" if inner else content
    if kind == "inline":
        return {"": kind, "inside": [_token(one) for one in inner or []]}
    return {"": kind, "content": shown, **attributes}


def _shell(text: str) -> Tree:
    """Return a script: its words and operators, after the shell has found no fault in it."""
    shell = which("bash") or "bash"
    done = subprocess.run([shell, "-n"], input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list[Tree](lexer)
    except ValueError:  # a here-document holds what shlex takes for an open quote
        return lines(text)


def _unit(text: str) -> Tree:
    """Return a unit of systemd: sections with their keys in order; lines may go on."""
    found: list[Tree] = []
    for line in lines(re.sub(r"\\\n", " ", text)):
        assert isinstance(line, str)
        if line.startswith(("[", "#", ";")) or not line:
            found.append(line)
        else:
            key, equals, value = line.partition("=")
            assert equals, f"neither a section nor a key: {line!r}"
            assert re.fullmatch(r"[A-Za-z0-9]+", key), f"no key: {line!r}"
            found.append([key, value])
    return found


def _dot(text: str) -> Tree:
    """Return a graph as Graphviz reads it: names, and the names of attributes."""
    from inferc.targets.diagram import render

    program = render.find_program("pure")
    assert program is not None
    drawn = json.loads(render.run(text, program, "json0"))
    return [
        [
            str(item.get("name", f"{item.get('tail')} {item.get('head')}")),
            *sorted(key for key in item if key not in ("pos", "bb", "lp")),
        ]
        for item in (*drawn.get("objects", ()), *drawn.get("edges", ()))
    ]


ACTION = re.compile(r"\{\{-?.*?-?\}\}", re.DOTALL)


def _go_template(text: str) -> Tree:
    """Return a template of Helm: its actions, and what lies between them."""
    return [list[Tree](ACTION.findall(text)), lines(ACTION.sub("\N{BULLET}", text))]


READERS: Mapping[str, Callable[[str], Tree]] = {
    "yaml": _yaml,
    "yml": _yaml,
    "json": _json,
    "py": _python,
    "svg": _xml,
    "xml": _xml,
    "drawio": _xml,
    "md": _markdown,
    "sh": _shell,
    "toml": lambda text: _plain(tomllib.loads(text)),
    **dict.fromkeys(
        (
            "service",
            "container",
            "network",
            "volume",
            "timer",
            "pod",
            "kube",
            "target",
            "image",
            "build",
        ),
        _unit,
    ),
    "dot": _dot,
}


def differences(before: Tree, after: Tree, token: str, at: str = "") -> Iterator[str]:
    """Yield where two readings differ though ``before`` has no ``token`` there."""
    match before, after:
        case dict(), dict():
            ours = [_masked(key, token) for key in before]
            theirs = list(after)
            if len(ours) != len(theirs):
                yield f"{at}: keys {list(before)} became {theirs}"
                return
            for key, mask, other in zip(before, ours, theirs, strict=True):
                if mask is not None and key != other:
                    yield f"{at}: key {key!r} became {other!r}"
                yield from differences(before[key], after[other], token, f"{at}/{key}"[-160:])
        case list(), list():
            if len(before) != len(after):
                extra = [one for one in after if one not in before][:3]
                yield f"{at}: {len(before)} became {len(after)}, new: {str(extra)[:300]}"
                return
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from differences(one, other, token, f"{at}/{number}"[-160:])
        case str(), str():
            if not _alike(before, after, token):
                yield f"{at}: {before[:120]!r} became {after[:120]!r}"
        case _:
            yield f"{at}: {type(before).__name__} became {type(after).__name__}"


def _alike(before: str, after: str, token: str) -> bool:
    """Return whether two texts are the same, or the first holds the token and the type stays."""
    if token.lower() in before.lower():
        return _type(before) == _type(after)
    return _undigested(before) == _undigested(after)


def _undigested(text: str) -> str:
    """Return ``text`` without digests, which follow from names and can be nothing else."""
    return re.sub(r"\b[0-9a-f]{8,64}\b", "#", text)


def _masked(key: str, token: str) -> str | None:
    return None if token.lower() in key.lower() else key


def _type(text: str) -> str:
    """Return the type that a reading puts before a text, if it does."""
    word = text.partition(" ")[0]
    return word if word in {"str", "int", "float", "bool", "NoneType", "date", "constant"} else ""


def texts(tree: Tree) -> Iterator[str]:
    """Yield every text of a reading."""
    match tree:
        case str():
            yield tree
        case list():
            for one in tree:
                yield from texts(one)
        case dict():
            for key, value in tree.items():
                yield key
                yield from texts(value)


# ---- what is worked out by whatever reads a file ------------------------------------------------

UNDOUBLED = re.compile(r"(?<!\$)(?:\$\$)*\$(?!\$)[({A-Za-z_]")
"""A dollar sign that stands for no dollar sign: where two of them mean one."""


def evaluated(path: str, tree: Tree) -> Iterator[str]:
    """Yield the texts of a file in which something stands that its reader works out.

    Containers' commands and variables know ``$(NAME)``, Compose ``${NAME}``, systemd ``%h``,
    Prometheus ``{{ … }}`` in what alerts say, CloudFormation ``${Name}`` in ``Fn::Sub``.
    """
    name = path.rpartition("/")[2]
    if name.startswith("compose"):
        yield from (text for text in texts(tree) if UNDOUBLED.search(text))
    elif name.rpartition(".")[2] in {"service", "container", "network", "volume", "timer"}:
        yield from (text for text in texts(tree) if re.search(r"(?<!%)(?:%%)*%[a-zA-Z]", text))
    else:
        yield from _inside_of(tree, "")


WORKED_OUT = {
    "args": UNDOUBLED,
    "command": UNDOUBLED,
    "env": UNDOUBLED,
    "annotations alert": re.compile(r"\{\{"),
    "Fn::Sub": re.compile(r"\$\{"),
}
"""By the key above: what is worked out in the texts below."""


def _inside_of(tree: Tree, above: str) -> Iterator[str]:
    """Yield the texts below keys whose texts are worked out."""
    match tree:
        case str():
            sign = WORKED_OUT.get(above)
            if sign is not None and sign.search(tree):
                yield tree
        case list():
            for one in tree:
                yield from _inside_of(one, above)
        case dict():
            alert = any(key.endswith(" alert") for key in tree)
            for key, value in tree.items():
                word = key.rpartition(" ")[2]
                word = "annotations alert" if alert and word == "annotations" else word
                inherited = above if above in WORKED_OUT else ""
                yield from _inside_of(value, word if word in WORKED_OUT else inherited)
