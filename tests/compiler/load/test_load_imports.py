import pytest
from support.front import MemoryReader, load_text, said

from inferc.compiler.load import load
from inferc.compiler.load.paths import join
from inferc.dsl import SourceFile


@pytest.mark.parametrize(
    ("folder", "relative", "path"),
    [
        ("", "./slas.infer", "slas.infer"),
        ("a/b", "../slas.infer", "a/slas.infer"),
        ("a", "../../slas.infer", "../slas.infer"),
        ("/srv", "../../x.infer", "/x.infer"),
        ("..", "./x.infer", "../x.infer"),
        ("C:\\designs", "./x.infer", "C:/designs/x.infer"),
    ],
)
def test_paths_are_joined_without_a_file_system(folder: str, relative: str, path: str) -> None:
    assert join(folder, relative) == path


def test_files_are_found_from_the_importing_file_and_read_once() -> None:
    reader = MemoryReader(
        {
            "designs/lib/a.infer": 'import "./b.infer" as b\nimport "../c.infer" as c',
            "designs/lib/b.infer": 'import "../c.infer" as c',
            "designs/c.infer": "let x = 1",
        }
    )
    loaded = load(SourceFile("designs/t.infer", 'import "./lib/a.infer" as a'), reader)
    assert loaded.diagnostics == ()
    assert sorted(loaded.modules) == [
        "designs/c.infer",
        "designs/lib/a.infer",
        "designs/lib/b.infer",
        "designs/t.infer",
    ]
    assert len(reader.asked) == len(set(reader.asked)) == 3


FILES = {
    "slas.infer": "sla gold { p95 ttft <= 1s }\nlet x = 1",
    "u.infer": 'import "./t.infer" as t',
    "broken.infer": "topology {",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import "./slas.infer" { gold }', []),
        ('import "./slas.infer" as s', []),
        ("import std.catalog as cat", []),
        ("import std.catalog.gpu.nvidia.l4 as l4", []),
        ("import std.catalog { gpu, models }", []),
        ('import "./slsa.infer" { gold }', ["INF701:1 there is no file `./slsa.infer`"]),
        (
            'import "./SLAs.infer" { gold }',
            ["INF704:1 the file is called `./slas.infer`, not `./SLAs.infer`"],
        ),
        ('import "./slas.infer" { golf }', ["INF708:1 `./slas.infer` does not define `golf`"]),
        ("import std.catalog { gpus }", ["INF708:1 `std.catalog` does not define `gpus`"]),
        ("import std.guard", ["INF705:1 the standard library has no `std.guard`"]),
        ("import catalog", ["INF705:1 the standard library has no `catalog`"]),
        (
            'import "x.io/b@2" as b',
            ["INF706:1 `x.io/b@2` is a package of a registry, and registries are not read yet"],
        ),
        (
            'import "slas.infer" as s',
            ["INF707:1 the path `slas.infer` does not start with `./` or `../`"],
        ),
        (
            'import "/etc/slas.infer" as s',
            ["INF707:1 the path `/etc/slas.infer` does not start with `./` or `../`"],
        ),
        (
            'import "./t.infer" as me',
            ["INF703:1 files import each other in a circle: `t.infer` -> `t.infer`"],
        ),
        (
            'import "./u.infer" as s',
            ["INF703:1 files import each other in a circle: `t.infer` -> `u.infer` -> `t.infer`"],
        ),
    ],
)
def test_what_an_import_says(text: str, expected: list[str]) -> None:
    loaded = load_text(text, {**FILES, "t.infer": text})
    assert said(loaded.diagnostics) == expected


def test_a_missing_file_is_reported_once_and_the_others_are_read() -> None:
    loaded = load_text(
        'import "./nothing.infer" as a\nimport "./nothing.infer" as b\nimport "./slas.infer" as s',
        FILES,
    )
    assert said(loaded.diagnostics) == ["INF701:1 there is no file `./nothing.infer`"]
    assert "slas.infer" in loaded.modules


def test_the_nearest_file_is_offered_as_a_fix() -> None:
    (problem,) = load_text('import "./slsa.infer" { gold }', FILES).diagnostics
    assert problem.help == "did you mean `./slas.infer`?"
    assert [edit.text for fix in problem.fixes for edit in fix.edits] == ['"./slas.infer"']


def test_mistakes_of_imported_files_are_reported_in_them() -> None:
    loaded = load_text('import "./broken.infer" as b', FILES)
    assert loaded.diagnostics
    assert {item.span.source.path for item in loaded.diagnostics if item.span} == {"broken.infer"}


def test_a_chain_of_imports_ends_somewhere() -> None:
    files = {f"f{n}.infer": f'import "./f{n + 1}.infer" as next' for n in range(700)}
    loaded = load_text('import "./f0.infer" as first', files)
    assert said(loaded.diagnostics)[-1].startswith("INF709")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (IsADirectoryError(21, "Is a directory"), "it is a folder"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            "it is not text in UTF-8",
        ),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_no_traceback(error: Exception, reason: str) -> None:
    class Refusing(MemoryReader):
        def read(self, path: str) -> str:
            self.asked.append(path)
            raise error

    loaded = load(SourceFile("t.infer", 'import "./x.infer" as x'), Refusing({"x.infer": ""}))
    assert said(loaded.diagnostics) == [f"INF702:1 `./x.infer` cannot be read: {reason}"]


def test_the_catalog_is_parsed_only_where_it_is_asked_for() -> None:
    library = load_text("import std.catalog as cat").library
    assert library.module("catalog.gpu.nvidia.l4") is not None
    assert library.module("catalog.gpu.nvidia") is None
    assert library.module("catalog.gpu.nvidia.nothing") is None
    assert library.diagnostics() == ()
