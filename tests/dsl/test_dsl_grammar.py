"""The grammar itself: no conflicts, the same trees from finished tables, nothing loaded early."""

import io
import json
import logging
import os
import subprocess
import sys

import pytest
from support.dsl import SAMPLES
from support.repository import ROOT

from inferc.dsl import SourceFile
from inferc.dsl.cst import Branch, from_the_leaves_up
from inferc.dsl.parser import from_grammar, from_tables, parse_tree, stamp, to_tables
from inferc.dsl.scanner import scan

GRAMMAR = (ROOT / "dsl" / "grammar.lark").read_text(encoding="utf-8")
SAMPLE_TEXTS = [pytest.param(path.read_text(encoding="utf-8"), id=path.stem) for path in SAMPLES]


@pytest.fixture(scope="module")
def tables() -> str:
    return to_tables(GRAMMAR)


def conflicts(grammar: str) -> str:
    """Return what lark says about conflicts that it settles by itself."""
    import lark

    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    level = lark.logger.level
    lark.logger.addHandler(handler)
    lark.logger.setLevel(logging.DEBUG)
    try:
        lark.Lark(grammar, parser="lalr", start=["start", "interpolation"], debug=True)
    except lark.exceptions.GrammarError as error:
        return str(error)
    finally:
        lark.logger.setLevel(level)
        lark.logger.removeHandler(handler)
    return heard.getvalue()


def test_the_grammar_has_no_conflicts() -> None:
    assert conflicts(GRAMMAR) == ""


def test_the_search_for_conflicts_finds_one() -> None:
    assert (
        "conflict"
        in conflicts('start: expr\ninterpolation: expr\nexpr: expr "+" expr | "a"\n').lower()
    )


def dump(tree: Branch) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    return [
        (branch.rule, [(leaf.type, str(leaf), leaf.start_pos) for leaf in branch.leaves()])
        for branch in from_the_leaves_up(tree)
    ]


@pytest.mark.parametrize("text", SAMPLE_TEXTS)
def test_finished_tables_give_the_same_trees(text: str, tables: str) -> None:
    loaded = from_tables(tables, GRAMMAR)
    assert loaded is not None
    finished: object = loaded.parse(text, start="start")
    built: object = from_grammar(GRAMMAR).parse(text, start="start")
    assert isinstance(finished, Branch)
    assert isinstance(built, Branch)
    assert dump(finished) == dump(built)


def test_tables_of_another_grammar_or_lark_are_not_used(tables: str) -> None:
    assert from_tables(tables, GRAMMAR + "\n") is None
    content = json.loads(tables)
    content["stamp"] = stamp(GRAMMAR).replace("lark ", "lark 0.")
    assert from_tables(json.dumps(content), GRAMMAR) is None


def test_tables_are_the_same_in_every_run(tables: str) -> None:
    code = (
        "import sys\n"
        "from inferc.dsl.parser import to_tables\n"
        "sys.stdout.write(to_tables(open(sys.argv[1], encoding='utf-8').read()))\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(ROOT / "dsl" / "grammar.lark")],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout == tables


def test_tables_are_plain_json_without_paths(tables: str) -> None:
    assert str(ROOT) not in tables
    assert set(json.loads(tables)) == {"stamp", "data", "memo"}


@pytest.mark.parametrize("text", SAMPLE_TEXTS)
def test_the_scanner_sees_the_tokens_of_the_grammar(text: str) -> None:
    of_grammar = {
        (leaf.start_pos, leaf.end_pos)
        for branch in from_the_leaves_up(parse_tree(text))
        for leaf in branch.leaves()
        if leaf.type != "_NL"
    }
    of_scanner = {
        (item.start, item.end)
        for item in scan(SourceFile("x", text))
        if item.kind not in {"newline", "separator"} and item.text != ","
    }
    separators = {place for place in of_grammar if text[place[0] or 0] in ",;"}
    assert of_grammar - separators == of_scanner


def test_lark_is_loaded_by_the_first_parse_only() -> None:
    code = (
        "import sys, inferc.dsl as dsl\n"
        "assert 'lark' not in sys.modules\n"
        "assert 'inferc.dsl.syntax' not in sys.modules\n"
        "dsl.parse(dsl.SourceFile('x', 'a = 1'))\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
