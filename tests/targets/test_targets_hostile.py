"""Whatever a text in the user's file is, it ends as data in every file of every target.

Each target emits a topology twice, with a harmless text and with a hostile one in the same place.
Both must be files of the same shape, by a parser of each format: they may differ where the harmless
text stands, and nowhere else. A target may also refuse a text. New targets, options and formats are
covered without a change here.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import hostile, skeletons
from support.hostile import NASTY
from support.skeletons import Tree

from inferc import api
from inferc.compiler.topology import Topology
from inferc.dsl import SourceFile, Span, has_errors
from inferc.targets import registry
from inferc.targets.base import Emitted, Options

HARMLESS = "benign"
"""The harmless text, or a part of it."""

MIXED = tuple("".join(NASTY[start::5]) for start in range(5))
"""Every nasty text, several to one: for tests that shall be quick."""


def put(value: object, text: str, harmless: str = HARMLESS) -> object:
    """Return ``value`` with ``text`` wherever the harmless one stands; files stay."""

    def inside(one: object) -> object:
        return put(one, text, harmless)

    if isinstance(value, str):
        return value.replace(harmless, text)
    if isinstance(value, Span | SourceFile | Enum):
        return value
    if isinstance(value, Mapping):
        return {inside(key): inside(one) for key, one in value.items()}
    if isinstance(value, tuple | frozenset):
        parts = map(inside, value)
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (item.name for item in dataclasses.fields(value) if item.init)
        return dataclasses.replace(value, **{name: inside(getattr(value, name)) for name in fields})
    return value


USUAL: Mapping[str, Options] = {"diagram": {"views": "topology, request, placement, cost"}}
"""The view of what is deployed is another where Kubernetes refuses a text."""


def emit(target: str, graph: Topology, options: Options | None = None) -> Emitted:
    return registry.load(target).emit(graph, {**USUAL.get(target, {}), **(options or {})})


def readings(emitted: Emitted) -> dict[str, Tree]:
    """Return what the files of a target consist of."""
    found = {}
    for artifact in emitted.artifacts:
        parts = artifact.path.split("/")
        assert not artifact.path.startswith("/")
        assert ".." not in parts
        assert artifact.path.isprintable()
        found[artifact.path] = skeletons.read(artifact.path, artifact.content)
    return found


def changed(
    before: Mapping[str, Tree], after: Mapping[str, Tree], token: str = HARMLESS
) -> Iterator[str]:
    """Yield how two outputs differ in shape."""
    yield from skeletons.differences(dict(before), dict(after), token)


# ---- texts that may be anything --------------------------------------------------------------


@cache
def harmless(*, managed: bool = False) -> Topology:
    """Return the topology of a file in which every free text is the harmless one."""
    return planned(HARMLESS, managed=managed)


def planned(text: str, *, managed: bool = False) -> Topology:
    """Return the topology of a file in which every free text is ``text``."""
    file = SourceFile("/hostile.infer", hostile.file_of(text, managed=managed))
    found = api.draw(file)
    assert not has_errors(found.diagnostics), found.diagnostics
    (graph,) = found.topologies
    return graph


FORMS: Mapping[str, Sequence[Options]] = {
    "on-prem": [{"form": form} for form in ("compose", "quadlet", "kubernetes")],
    "diagram": [{"formats": "dot, svg, mermaid, d2, drawio, text"}],
}
"""Options by which a target writes other files."""

TARGETS = [(name, form) for name in registry.names() for form in FORMS.get(name, [{}])]
NAMED = [f"{name} {' '.join(map(str, form.values()))}".strip() for name, form in TARGETS]


class Case(NamedTuple):
    """A target with a topology that it can serve."""

    graph: Topology
    before: Mapping[str, Tree]


@cache
def case(number: int) -> Case:
    """Return what one of :data:`TARGETS` serves: where it is not the usual topology, another."""
    target, form = TARGETS[number]
    graph = harmless()
    emitted = emit(target, graph, form)
    if has_errors(emitted.diagnostics):
        graph = harmless(managed=True)
        emitted = emit(target, graph, form)
    assert emitted.artifacts, (target, emitted.diagnostics)
    return Case(graph, readings(emitted))


def check(number: int, text: str) -> None:
    """Fail where one of :data:`TARGETS` makes anything else of ``text`` than data."""
    target, form = TARGETS[number]
    own = case(number)
    graph = put(own.graph, text)
    assert isinstance(graph, Topology)
    emitted = emit(target, graph, form)
    assert not has_errors(emitted.diagnostics), emitted.diagnostics
    after = readings(emitted)
    assert list(changed(own.before, after)) == []
    for path, tree in own.before.items():
        held = [one for one in skeletons.texts(tree) if HARMLESS in one]
        if held and path.rpartition(".")[2] in READ_BACK:
            assert any(same(text, one) for one in skeletons.texts(after[path])), path


READ_BACK = ("yaml", "json", "py", "svg", "md", "toml")


def same(text: str, shown: str) -> bool:
    """Return whether ``shown`` holds the letters and digits at the beginning of ``text``."""
    wanted = "".join(char for char in text if char.isalnum() and char.isprintable())[:20]
    return wanted in "".join(char for char in shown if char.isalnum())


@pytest.mark.parametrize("number", range(len(TARGETS)), ids=NAMED)
def test_a_free_text_is_data(number: int) -> None:
    check(number, "".join(MIXED))


@pytest.mark.slow
@pytest.mark.parametrize("text", MIXED, ids=range(len(MIXED)))
@pytest.mark.parametrize("number", range(len(TARGETS)), ids=NAMED)
def test_some_nasty_texts_are_data(number: int, text: str) -> None:
    check(number, text)


@pytest.mark.slow
@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text)[:30])
@pytest.mark.parametrize("number", range(len(TARGETS)), ids=NAMED)
def test_each_nasty_text_is_data(number: int, text: str) -> None:
    check(number, text)


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.text(
        alphabet="ab \n\r\t\"'`{}[]()<>#&*!|%@$\\/:;,-=~?0\x00\x85\u2028\u202e",
        min_size=1,
        max_size=40,
    ),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(text=TEXTS)
@pytest.mark.parametrize("number", range(len(TARGETS)), ids=NAMED)
def test_any_free_text_is_data(number: int, text: str) -> None:
    assume(text.strip())  # a text of nothing but spaces is left out, line and all
    check(number, text)


@pytest.mark.parametrize("text", MIXED[:1], ids=["mixed"])
def test_a_file_may_hold_such_texts(text: str) -> None:
    """The same by way of a real file: what the language can write, it reads back."""
    text = " ".join(text.split())  # a doc with more lines moves the places that others name
    graph = planned(text)
    assert graph.services[0].service.model.title == text
    for target in ("diagram", "design-doc"):
        number = [name for name, _ in TARGETS].index(target)
        emitted = emit(target, graph, TARGETS[number][1])
        assert list(changed(case(number).before, readings(emitted))) == []


def some(items: Sequence[str], target: str) -> list[tuple[int, str]]:
    """Return a few of ``items`` with their numbers: others for another target."""
    first = registry.names().index(target)
    return [(at, item) for at, item in enumerate(items) if at % 9 == first % 9]


# ---- texts that must have a form -------------------------------------------------------------

SHORT = (
    'a"b',
    "a: b",
    "a\nb",
    "{{ x }}",
    "$(id)",
    "-a",
    "a b",
    "../a",
    "a'b",
    "a`b",
    "a\x00b",
    "\u202ea",
    "a#b",
    "a%h",
    "a${b}",
    "a<b>",
    "a\\b",
    "a,b=c",
    "A_b",
)
"""Short ones: each breaks one rule at most."""


@cache
def checked(*, gateway: bool) -> Topology:
    file = SourceFile("/hostile.infer", hostile.checked_file(gateway=gateway))
    found = api.draw(file)
    assert not has_errors(found.diagnostics), found.diagnostics
    (graph,) = found.topologies
    return graph


@cache
def checked_case(target: str) -> Case:
    """Return what a target serves of a topology that has a text of its own in every place."""
    for graph in (checked(gateway=True), checked(gateway=False), harmless(managed=True)):
        emitted = emit(target, graph)
        if not has_errors(emitted.diagnostics):
            return Case(graph, readings(emitted))
    pytest.fail(f"{target} takes none of the topologies")


@cache
def is_refused(place: str, text: str) -> bool:
    """Return whether a file with ``text`` in ``place`` has errors before anything is planned."""
    token, file = hostile.tokens(hostile.PLACES)[place], hostile.checked_file()
    changed_file = file.replace(token, hostile.written(text)[1:-1])
    assert changed_file != file
    return has_errors(api.check(SourceFile("/hostile.infer", changed_file)).diagnostics)


def check_place(target: str, place: str, text: str) -> None:
    """Fail where a text in ``place`` is neither refused nor data."""
    if place in hostile.EDGE and is_refused(place, text):
        return
    own, token = checked_case(target), hostile.tokens(hostile.PLACES)[place]
    graph = put(own.graph, text, token)
    assert isinstance(graph, Topology)
    emitted = emit(target, graph)
    if has_errors(emitted.diagnostics):
        assert emitted.artifacts == ()
        return
    assert list(changed(own.before, readings(emitted), token)) == []


@pytest.mark.parametrize("target", registry.names())
def test_a_text_that_must_have_a_form_is_refused_or_data(target: str) -> None:
    for number, place in some(hostile.PLACES, target):
        check_place(target, place, SHORT[number % len(SHORT)])


@pytest.mark.slow
@pytest.mark.parametrize("place", hostile.PLACES)
@pytest.mark.parametrize("target", registry.names())
def test_each_short_text_is_refused_or_data(target: str, place: str) -> None:
    first = (registry.names().index(target) + hostile.PLACES.index(place)) % 4
    for text in SHORT[first::4]:
        check_place(target, place, text)


@pytest.mark.parametrize("place", hostile.PLACES)
def test_each_place_is_seen_by_a_target(place: str) -> None:
    token = hostile.tokens(hostile.PLACES)[place]
    assert any(
        token in text
        for path, tree in checked_case("kubernetes").before.items()
        for text in (path, *skeletons.texts(tree))
    )


# ---- options ---------------------------------------------------------------------------------


def options_of(target: str) -> list[str]:
    """Return the options that a target says it has."""
    emitted = emit(target, checked(gateway=False), {"no_such_option": "x"})
    (found,) = (item for item in emitted.diagnostics if item.code == "INF602")
    told = found.notes[0].partition(": ")[2]
    return [] if told == "none" else told.split(", ")


def check_option(target: str, option: str, text: str) -> None:
    """Fail where an option takes a text that is neither refused nor data."""
    graph = checked_case(target).graph
    hurt = emit(target, graph, {option: text})
    if has_errors(hurt.diagnostics):
        assert hurt.artifacts == ()
        return
    plain = emit(target, graph, {option: HARMLESS})
    assert not has_errors(plain.diagnostics), f"{option} takes {text!r}, and not {HARMLESS!r}"
    assert list(changed(readings(plain), readings(hurt))) == []


@pytest.mark.parametrize("target", registry.names())
def test_an_option_is_refused_or_data(target: str) -> None:
    for number, option in some(options_of(target), target):
        check_option(target, option, SHORT[number % len(SHORT)])


@pytest.mark.slow
@pytest.mark.parametrize("target", registry.names())
def test_each_text_in_each_option_is_refused_or_data(target: str) -> None:
    texts = (*SHORT, *MIXED)
    for number, option in enumerate(options_of(target)):
        for text in texts[number % 4 :: 4]:
            check_option(target, option, text)


# ---- texts that readers of a file would work out ---------------------------------------------

EVALUATED = "a$(INFERC_A)b${INFERC_B}c{{ .InfercC }}d%h"


def worked_out(emitted: Emitted, token: str) -> list[str]:
    """Return the texts of files in which ``token`` stands where it is worked out."""
    return [
        f"{path}: {text}"
        for path, tree in readings(emitted).items()
        for text in skeletons.evaluated(path, tree)
        if token.lower() in text.lower()
    ]


@pytest.mark.parametrize("number", range(len(TARGETS)), ids=NAMED)
def test_no_free_text_is_worked_out(number: int) -> None:
    target, form = TARGETS[number]
    graph = put(case(number).graph, EVALUATED)
    assert isinstance(graph, Topology)
    assert worked_out(emit(target, graph, form), "INFERC") == []


@pytest.mark.slow
@pytest.mark.parametrize("place", hostile.PLACES)
@pytest.mark.parametrize("target", registry.names())
def test_no_text_of_a_form_is_worked_out(target: str, place: str) -> None:
    for text in ("$(INFERC)", "${INFERC}", "a$INFERC", "{{ .inferc }}", "inferc%h"):
        if place in hostile.EDGE and is_refused(place, text):
            continue
        graph = put(checked_case(target).graph, text, hostile.tokens(hostile.PLACES)[place])
        assert isinstance(graph, Topology)
        assert worked_out(emit(target, graph), "inferc") == []


@pytest.mark.slow
@pytest.mark.parametrize("target", registry.names())
def test_no_option_is_worked_out(target: str) -> None:
    graph = checked_case(target).graph
    for option in options_of(target):
        for text in ("$(INFERC)", "/a${INFERC}", "/a$INFERC", "/{{ .inferc }}", "/inferc%h"):
            assert worked_out(emit(target, graph, {option: text}), "inferc") == []


WORKED_OUT = [
    ("compose.yaml", "a: 'x ${INFERC}'\n"),
    ("compose.yaml", "a: 'x $INFERC'\n"),
    ("compose.yaml", "a: 'x $$${INFERC}'\n"),
    ("a.container", "[Unit]\nDescription=inferc %h\n"),
    ("a.yaml", "spec: {containers: [{args: ['a $(INFERC)']}]}\n"),
    ("a.yaml", "env: [{name: A, value: 'a $(INFERC)'}]\n"),
    ("a.yaml", "rules: [{alert: A, annotations: {summary: 'inferc {{ 7 }}'}}]\n"),
    ("a.json", '{"A": {"Fn::Sub": "a ${INFERC}"}}'),
]


@pytest.mark.parametrize(("path", "content"), WORKED_OUT)
def test_what_is_worked_out_is_found(path: str, content: str) -> None:
    tree = skeletons.read(path, content.encode())
    assert any("inferc" in text.lower() for text in skeletons.evaluated(path, tree))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("compose.yaml", "a: 'x $${INFERC}'\n"),
        ("a.container", "[Unit]\nDescription=inferc %%h\n"),
        ("a.yaml", "spec: {containers: [{args: ['a $$(INFERC)']}]}\n"),
        ("a.yaml", "metadata: {annotations: {a: 'inferc $(X) {{ 7 }}'}}\n"),
    ],
)
def test_what_is_doubled_or_data_is_not(path: str, content: str) -> None:
    tree = skeletons.read(path, content.encode())
    assert not list(skeletons.evaluated(path, tree))


# ---- that the comparison can fail ------------------------------------------------------------

BROKEN = [
    ("a.yaml", "a: benign\n", "a: 1\nb: 2\n"),
    ("a.yaml", "a: benign\n", "a: yes\n"),
    ("a.yaml", "# benign\na: 1\n", "# x\nb: 1\na: 1\n"),
    ("a.json", '{"a": "benign"}', '{"a": "x", "b": ""}'),
    ("a.py", 'x = "benign"\n', 'x = "" + y\n'),
    ("a.py", "# benign\nx = 1\n", "# x\ny = 2\nx = 1\n"),
    ("a.svg", "<svg><t>benign</t></svg>", "<svg><t>x<script/></t></svg>"),
    ("a.md", "is benign here", "is <b>x</b> here"),
    ("a.md", "is benign here", "is [x](https://y.example) here"),
    ("a.md", "is benign here", "is\n\n# x here"),
    ("a.sh", "echo 'benign'\n", "echo 'x'; rm 'y'\n"),
    ("a.sh", "echo 'benign'\n", "echo x y\n"),
    ("a.service", "[Unit]\nDescription=benign\n", "[Unit]\nDescription=x\nExecStart=/bin/sh\n"),
    ("a.dot", "digraph { a [label=benign] }", "digraph { a [label=x]; b }"),
    ("a.txt", "benign\n", "x\ny\n"),
    ("chart/templates/a.yaml", "a: {{ .x }} benign\n", "a: {{ .x }} {{ .y }}\n"),
]


@pytest.mark.parametrize(("path", "before", "after"), BROKEN)
def test_a_text_that_breaks_out_is_found(path: str, before: str, after: str) -> None:
    readings_ = [skeletons.read(path, text.encode()) for text in (before, after)]
    assert list(skeletons.differences(*readings_, HARMLESS))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.yaml", "a: 1\na: 2\n"),
        ("a.json", '{"a": 1, "a": 2}'),
        ("a.py", "x = 'y\n"),
        ("a.sh", "echo 'x\n"),
        ("a.svg", "<svg><t></svg>"),
        ("a.container", "[Unit]\nbroken line\n"),
    ],
)
def test_what_is_not_well_formed_is_found(path: str, content: str) -> None:
    with pytest.raises((AssertionError, SyntaxError, ValueError)):
        skeletons.read(path, content.encode())
