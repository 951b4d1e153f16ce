"""What is installed: complete, clean, and nothing but inferc at the top."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.repository import FOLDERS, ROOT, pages
from support.wheels import build_wheel, copy_checkout, make_environment, names_in, pip, run

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_checkout(folder / "source")
    stale = source / "build" / "lib" / "inferc" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("left by an earlier build\n", encoding="utf-8")
    return build_wheel(source, folder / "dist")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    python = make_environment(tmp_path_factory.mktemp("venv"))
    pip(python, "install", wheel)
    return python


def product_files() -> Iterator[str]:
    """Yield what a wheel must have: every file of the product, by its path inside the wheel."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            relative = path.relative_to(ROOT).as_posix()
            linked = any(parent.is_symlink() for parent in (path, *path.parents))
            if linked or not path.is_file() or "__pycache__" in relative:
                continue
            if path.name == "README.md":
                continue
            yield relative if folder == "inferc" else f"inferc/{relative}"


def test_the_wheel_has_every_file_of_the_product(wheel: Path) -> None:
    assert set(product_files()) - names_in(wheel) == set()


def test_the_wheel_has_nothing_else(wheel: Path) -> None:
    extra = {
        name
        for name in names_in(wheel) - set(product_files())
        if ".dist-info/" not in name and name != "inferc/dsl/grammar_tables.json"
    }
    assert extra == set()


def test_only_inferc_stands_at_the_top(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names_in(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"inferc"}


def test_the_wheel_has_the_finished_grammar(wheel: Path) -> None:
    assert "inferc/dsl/grammar_tables.json" in names_in(wheel)


def test_an_installed_inferc_compiles_and_explains(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "compile", EXAMPLE, "-o", tmp_path / "build", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = run(installed, "explain", "--list", cwd=tmp_path)
    for path in pages():
        assert path.stem in listed.stdout
        assert run(installed, "explain", path.stem, cwd=tmp_path).stdout.startswith(
            f"# {path.stem} "
        )


def test_a_checkout_without_links_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = copy_checkout(tmp_path / "source", links=False)
    assert names_in(build_wheel(source, tmp_path / "dist")) == names_in(wheel)


def test_a_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = copy_checkout(tmp_path / "source")
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--outdir", tmp_path / "sdist", source],
        check=True,
        capture_output=True,
    )
    (archive,) = (tmp_path / "sdist").iterdir()
    assert names_in(build_wheel(archive, tmp_path / "dist")) == names_in(wheel)


def test_an_editable_install_without_links_runs(tmp_path: Path) -> None:
    source = copy_checkout(tmp_path / "source", links=False)
    python = make_environment(tmp_path / "venv")
    pip(python, "install", "-e", source)
    done = run(python, "check", EXAMPLE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_an_editable_install_with_links_runs(tmp_path: Path) -> None:
    source = copy_checkout(tmp_path / "source")
    python = make_environment(tmp_path / "venv")
    pip(python, "install", "-e", source)
    done = run(python, "check", EXAMPLE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [python, "-c", "import inferc.dsl; print(inferc.dsl.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert Path(where.stdout.strip()).resolve() == (source / "dsl" / "__init__.py").resolve()
