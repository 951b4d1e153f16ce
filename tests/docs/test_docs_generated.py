"""Pages that are made from the code are up to date, and so is the picture."""

import runpy
from collections.abc import Callable

import pytest
from support.repository import ROOT

from inferc.compiler.perf.coefficients import ALL

Make = Callable[[], str]


@pytest.fixture(scope="module")
def makers() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "docs" / "make.py"), run_name="docs.make")


@pytest.mark.parametrize(
    ("page", "maker"),
    [
        ("docs/cli.md", "command_line"),
        ("docs/diagnostics.md", "diagnostics"),
        ("docs/targets.md", "targets"),
        ("compiler/perf/README.md", "performance_model"),
    ],
)
def test_a_page_is_up_to_date(page: str, maker: str, makers: dict[str, object]) -> None:
    make = makers[maker]
    assert callable(make)
    assert (ROOT / page).read_text(encoding="utf-8") == make(), "run `python docs/make.py`"


@pytest.mark.slow
def test_what_targets_can_do_is_up_to_date() -> None:
    import sys

    sys.path.append(str(ROOT / "docs"))
    import features

    shown = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    assert shown == features.page(), "run `python docs/make.py`"


def test_every_coefficient_is_in_the_table_of_the_performance_model(
    makers: dict[str, object],
) -> None:
    page = (ROOT / "compiler/perf/README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 7]
    assert [row.split("`")[1] for row in rows] == list(ALL)
    assert callable(makers["performance_model"])


@pytest.mark.slow
def test_the_pictures_are_of_the_examples_as_they_are_compiled(makers: dict[str, object]) -> None:
    pictures, picture, words = makers["PICTURES"], makers["picture"], makers["words"]
    assert isinstance(pictures, dict)
    assert callable(picture)
    assert callable(words)
    for path, (example, view) in pictures.items():
        shown = (ROOT / path).read_text(encoding="utf-8")
        assert words(shown), "the picture has no text"
        assert words(shown) == words(picture(example, view)), "run `python docs/make.py`"
