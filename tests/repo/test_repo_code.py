"""Rules of the code base that no linter knows."""

import ast
import importlib
import re
import sys
import tomllib

import pytest
from support.repository import FOLDERS, ROOT, imports_of, module_name, shown, source_files, tree_of

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

SCALES = {10**power for power in (3, 6, 9, 12, 15, 18)} | {1024**power for power in range(1, 6)}
SCALES |= {60, 3600, 86400}
UNIT_FILES = {"compiler/units.py", "compiler/units_table.py"}

PUBLIC_PARTS = {
    "inferc.compiler.calibration.values",
    "inferc.compiler.model.calibrated",
    "inferc.compiler.model.calibration",
    "inferc.compiler.model.calibration_block",
    "inferc.compiler.model.catalog",
    "inferc.compiler.model.gateway",
    "inferc.compiler.model.items",
    "inferc.compiler.model.market",
    "inferc.compiler.model.network_service",
    "inferc.compiler.model.partitions",
    "inferc.compiler.model.platform",
    "inferc.compiler.model.trust",
    "inferc.compiler.plan.bounds",
    "inferc.compiler.plan.budget",
    "inferc.compiler.plan.front",
    "inferc.compiler.plan.networks",
    "inferc.compiler.plan.networks.packing",
    "inferc.compiler.plan.packing",
    "inferc.compiler.problem.network_case",
    "inferc.compiler.problem.networks",
    "inferc.dsl.diagnostics",
    "inferc.dsl.source",
    "inferc.dsl.syntax",
    "inferc.targets.kubernetes.checks",
    "inferc.targets.kubernetes.checks.names",
    "inferc.targets.kubernetes.checks.security",
    "inferc.targets.kubernetes.files",
    "inferc.targets.kubernetes.variants",
}
"""Data that every phase speaks of, imported as modules where the door would load more."""

LIBRARIES = {"inferc.compiler.perf", "inferc.compiler.simulation", "inferc.compiler.wording"}
"""No phases but formulas and words, whose modules are their subjects."""

HOT = {"compiler/simulation/engine.py engine"}
"""One loop that runs for every step of every simulation: with calls it would be half as quick."""


def test_files_stay_short() -> None:
    long = [
        f"{shown(path)}: {lines} lines"
        for path in [*source_files(), *sorted((ROOT / "tests").rglob("*.py"))]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    ]
    assert long == []


def test_functions_stay_short() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name}: {length} lines"
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
        and f"{shown(path)} {node.name}" not in HOT
    ]
    assert long == []


def is_scale(node: ast.expr) -> bool:
    """Return whether ``node`` is the factor between two units.

    Of the inverses only a thousandth: smaller ones are tolerances of a search.
    """
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return node.value in SCALES or node.value == 1 / 1000


def scale_factors(tree: ast.Module) -> list[int]:
    """Return the lines that multiply, divide or raise by the factor of a unit."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv | ast.Pow)
        and (is_scale(node.left) or is_scale(node.right))
    ]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x = y * 1e9", True),
        ("x = y * 1024**3", True),
        ("x = y / 1000", True),
        ("x = 0.001 * y", True),
        ("x = y // 3600", True),
        ("x = 2 * y", False),
        ("x = y > 1000", False),
    ],
)
def test_the_search_for_scale_factors_finds_them(code: str, found: bool) -> None:
    assert bool(scale_factors(ast.parse(code))) is found


def test_scale_factors_stand_only_in_the_table_of_units() -> None:
    found = [
        f"{shown(path)}:{line}"
        for path in source_files()
        if shown(path) not in UNIT_FILES
        for line in scale_factors(tree_of(path))
    ]
    assert found == []


def package_of(name: str) -> str | None:
    """Return the phase or target that a module belongs to: ``inferc.compiler.plan``."""
    parts = name.split(".")
    if parts[:2] in (["inferc", "compiler"], ["inferc", "targets"]):
        folder = ROOT.joinpath(*parts[1:3])
        return ".".join(parts[:3]) if len(parts) > 2 and folder.is_dir() else None
    if parts[:2] == ["inferc", "dsl"]:
        return "inferc.dsl"
    return None


def test_a_phase_is_imported_through_its_door() -> None:
    found = []
    for path in source_files():
        own = package_of(module_name(path))
        for line, name in imports_of(path):
            package = package_of(name)
            if package in (None, own) or name == package or name in PUBLIC_PARTS:
                continue
            if package in LIBRARIES or shown(path) == "targets/registry.py":
                continue
            if package == "inferc.targets.kubernetes" and name.startswith(f"{package}.objects"):
                continue
            found.append(f"{shown(path)}:{line} imports {name}")
    assert found == []


def test_nothing_asks_for_the_day_or_the_time() -> None:
    clocks = {"today", "now", "utcnow", "time", "monotonic", "perf_counter"}
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
    ]
    assert found == []


IMPORT_NAMES = {"pyyaml": "yaml"}
PROGRAMS = {"graphviz-pure"}
"""Dependencies that are run, not imported."""


def test_the_dependencies_are_what_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=\[ ]", item)[0] for item in project["dependencies"]}
    optional = {
        re.split(r"[<>=\[ ]", item)[0].replace("-", "_")
        for item in project["optional-dependencies"]["pulumi"]
    }
    tops = {name.partition(".")[0] for path in source_files() for _, name in imports_of(path)}
    outside = tops - {"inferc", "_typeshed"} - set(sys.stdlib_module_names)
    assert outside - optional == {IMPORT_NAMES.get(name, name) for name in declared - PROGRAMS}


def test_no_module_is_loaded_under_its_folder_name() -> None:
    for name in ("inferc.compiler.units", "inferc.dsl"):
        importlib.import_module(name)

    assert {"compiler", "dsl", "targets", "stdlib"}.isdisjoint(sys.modules)


def test_links_lead_to_the_folders() -> None:
    for name in ("compiler", "dsl", "stdlib", "targets"):
        link = ROOT / "inferc" / name
        if link.is_symlink():
            assert link.resolve() == ROOT / name


PLACES = re.compile(r"/(?:root|home/\w+|Users/\w+|tmp/\w+|work/\w+)/")
"""Absolute paths of somebody's machine."""


def test_no_file_names_a_place_on_one_machine() -> None:
    folders = (*FOLDERS, "tests", "docs", "examples", "benchmarks", ".ci")
    found = [
        f"{shown(path)}: {match[0]}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix not in {".pyc", ".svg"}
        if not any(parent.is_symlink() or parent.name.endswith("_cache") for parent in path.parents)
        for match in PLACES.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
