"""Templates: what a user wrote gets into a document only as data, and nothing is calculated."""

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jinja2 import nodes
from support import topologies
from support.repository import ROOT, shown

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.render import code_cell, render, text

TEMPLATES = sorted((ROOT / "targets").glob("*/templates/**/*"))
HEADER = "# about\n"

CALCULATES = (
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Pow,
    nodes.Neg,
    nodes.Call,
    nodes.Assign,
    nodes.Macro,
)


def calculations(source: str) -> list[str]:
    """Return what a template does beyond interpolating named values."""
    tree = jinja2.Environment(autoescape=False).parse(source)
    found = [type(node).__name__ for node in tree.find_all(CALCULATES)]
    nested = [inner for outer in tree.find_all(nodes.If) for inner in outer.find_all(nodes.If)]
    branches = [branch for outer in tree.find_all(nodes.If) for branch in outer.elif_]
    return found + ["nested condition" for inner in nested if inner not in branches]


@pytest.mark.parametrize("path", TEMPLATES, ids=shown)
def test_a_template_only_interpolates(path: Path) -> None:
    assert path.suffix == ".j2"
    assert calculations(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ a }}{% for b in c %}{{ b.d }}{% endfor %}", []),
        ("{% if a %}{% elif b %}{% endif %}", []),
        ("{{ a + 1 }}", ["Add"]),
        ("{{ a.pop() }}", ["Call"]),
        ("{% set a = 1 %}", ["Assign"]),
        ("{% if a %}{% if b %}{% endif %}{% endif %}", ["nested condition"]),
    ],
)
def test_the_search_for_calculations_finds_them(source: str, found: list[str]) -> None:
    assert calculations(source) == found


def test_a_value_that_the_emitter_did_not_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'needs' is undefined"):
        render("kubernetes/preflight.sh", {"header": HEADER})


@pytest.mark.parametrize("value", ["{{ 7 * 7 }}", "{% raw %}", "{# gone #}", "{{ self }}"])
def test_a_value_is_never_a_template(value: str) -> None:
    script = render("kubernetes/preflight.sh", {"header": HEADER, "needs": [(value, "true")]})
    assert f"need {shlex.quote(value)} true\n" in script


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40))
@hypothesis_settings(deadline=None, max_examples=15)
def test_a_shell_reads_a_value_as_one_word(value: str) -> None:
    script = render("kubernetes/preflight.sh", {"header": HEADER, "needs": [(value, "true")]})
    done = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=True)
    assert done.stdout.decode() == f"ok       {value}\n"


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        ("support_chat", "support_chat"),
        ("a\nb\t c\u202e", "a b c"),
        ("a|b", "a\\|b"),
        ("[x](y) <b> `c` *d* \\ &amp;", "\\[x\\](y) \\<b\\> \\`c\\` \\*d\\* \\\\ \\&amp;"),
    ],
)
def test_text_in_markdown(value: str, shown_as: str) -> None:
    assert text(value) == shown_as


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        ("meta-llama/Llama-3.3-70B", "`meta-llama/Llama-3.3-70B`"),
        ("a\n| b", "`a \\| b`"),
        ("a`b", "``a`b``"),
        ("``a", "``` ``a ```"),
    ],
)
def test_code_in_a_table(value: str, shown_as: str) -> None:
    assert code_cell(value) == shown_as


HOSTILE = 'a|b\n\n```sh\nrm -rf "$HOME"\n```\n# c'


def shape(topology: Topology) -> list[tuple[str, int]]:
    """Return how each line of the README begins, and how many cells it has."""
    (readme,) = (one for one in KUBERNETES.emit(topology, {}).artifacts if one.path == "README.md")
    lines = readme.content.decode().splitlines()
    return [(line[:2].strip(), len(re.findall(r"(?<!\\)[|]", line))) for line in lines]


def test_no_name_breaks_out_of_its_place_in_the_readme() -> None:
    plain = topologies.support_chat()
    (plan,) = plain.services
    named = replace(plan, service=replace(plan.service, model_name=HOSTILE))
    assert shape(replace(plain, name=HOSTILE, services=(named,))) == shape(plain)
