"""Formatting keeps the tree and every comment, and a formatted text is formatted to itself."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from support.programs import comment_texts, programs, same_tree
from support.repository import ROOT

from inferc.dsl import SourceFile, format_module, has_errors, parse
from inferc.dsl.syntax import Module

SHIPPED = sorted(
    path for folder in ("examples", "stdlib") for path in (ROOT / folder).rglob("*.infer")
)
OF_TESTS = sorted((ROOT / "tests").rglob("*.infer"))


def module_of(text: str) -> Module:
    parsed = parse(SourceFile("test.infer", text))
    assert not has_errors(parsed.diagnostics), parsed.diagnostics
    return parsed.module


def check(text: str) -> None:
    before = module_of(text)
    once = format_module(before)
    after = module_of(once)
    assert format_module(after) == once
    assert same_tree(before, after)
    assert comment_texts(before) == comment_texts(after)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_programs(text: str) -> None:
    check(text)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_a_thousand_programs(text: str) -> None:
    check(text)


@pytest.mark.parametrize("path", OF_TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files(path: Path) -> None:
    text = path.read_text("utf-8")
    if has_errors(parse(SourceFile(str(path), text)).diagnostics):
        pytest.skip("a broken file is left as it is")
    check(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shipped_is_formatted(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_module(module_of(text)) == text


def test_layout_does_not_matter() -> None:
    """The same tokens on as many lines as can be, and on as few, give the same text."""
    wide = "b { x = f(1, [2, 3]); y = { a = 1, b = 2 } }\n"
    tall = "b {   x = f(1,\n [2,\n 3])   ; y = { a = 1, b = 2 } }\n"
    assert format_module(module_of(tall)) == format_module(module_of(wide)) == wide
