"""Reading files: a text, or a diagnostic that names the next step."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inferc.dsl import Diagnostic, SourceFile
from inferc.files.create import create_file, replace_file
from inferc.files.reader import DiskReader, find_files, read_source


def problem(path: Path | str) -> Diagnostic:
    found = read_source(str(path))
    assert isinstance(found, Diagnostic)
    return found


def test_a_text_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.infer"
    path.write_bytes("infer 1\r\n# é\n".encode())
    source = read_source(str(path))
    assert isinstance(source, SourceFile)
    assert source.path == str(path)
    assert source.text == "infer 1\r\n# é\n"


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.infer"
    path.write_bytes(b"\xef\xbb\xbfinfer 1\n")
    source = read_source(str(path))
    assert isinstance(source, SourceFile)
    assert source.text == "infer 1\n"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "topology.infer").write_text("infer 1\n")
    found = problem(tmp_path / "topolgy.infer")
    assert (found.code, found.slug) == ("INF720", "file-not-found")
    assert "topolgy.infer" in found.message
    assert str(tmp_path / "topology.infer") in found.help


def test_a_missing_file_without_neighbours_names_init(tmp_path: Path) -> None:
    assert "inferc init" in problem(tmp_path / "a.infer").help
    assert "inferc init" in problem(tmp_path / "no" / "such" / "a.infer").help


def test_a_folder_names_the_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "topology.infer").write_text("infer 1\n")
    found = problem(tmp_path)
    assert found.code == "INF721"
    assert str(tmp_path / "topology.infer") in found.help


def test_bytes_that_are_no_text_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.infer"
    path.write_bytes(b"infer 1\n# ok\n# caf\xe9\n")
    found = problem(path)
    assert found.code == "INF722"
    assert "0xe9" in found.notes[0]
    assert "line 3" in found.notes[0]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.infer"
    path.write_text("infer 1\n")
    path.chmod(0)
    assert problem(path).code == "INF723"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "/dev/null/a"])
def test_paths_that_no_system_takes(path: str) -> None:
    assert problem(path).code in {"INF720", "INF723"}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_file_without_end_is_refused() -> None:
    assert problem("/dev/zero").code == "INF724"


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    for name in ("b/z.infer", "a.infer", ".git/x.infer", "b/note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("infer 1\n")
    found = find_files(str(tmp_path))
    assert found == (str(tmp_path / "a.infer"), str(tmp_path / "b/z.infer"))


def test_a_folder_without_designs_is_a_mistake(tmp_path: Path) -> None:
    found = find_files(str(tmp_path))
    assert isinstance(found, Diagnostic)
    assert found.code == "INF720"


def test_the_reader_of_imports_raises_what_the_loader_expects(tmp_path: Path) -> None:
    reader = DiskReader()
    (tmp_path / "a.infer").write_bytes(b"\xff")
    with pytest.raises(UnicodeError):
        reader.read(str(tmp_path / "a.infer"))
    with pytest.raises(FileNotFoundError):
        reader.read(str(tmp_path / "b.infer"))
    with pytest.raises(IsADirectoryError):
        reader.read(str(tmp_path))
    assert reader.names(str(tmp_path)) == ("a.infer",)
    assert reader.names(str(tmp_path / "nowhere")) == ()


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.infer"
    assert create_file(path, b"one") is None
    assert "exists already" in (create_file(path, b"two") or "")
    assert path.read_bytes() == b"one"
    assert "is a file" in (create_file(path / "b.infer", b"two") or "")


def test_replacing_keeps_links_and_permissions(tmp_path: Path) -> None:
    path, link = tmp_path / "a.infer", tmp_path / "link.infer"
    path.write_bytes(b"one")
    path.chmod(0o640)
    link.symlink_to(path)
    assert replace_file(link, b"two", design=True) is None
    assert path.read_bytes() == b"two"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.infer", "link.infer"]


def test_replacing_says_why_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = replace_file(tmp_path / "file" / "a.infer", b"")
    assert found is not None
    assert found.code == "INF730"


def test_a_folder_that_cannot_be_searched_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below a folder may go while it is searched, as below /proc."""
    found = find_files("x" * 5000)
    assert isinstance(found, Diagnostic)
    assert found.code == "INF723"

    def gone(_folder: Path, _pattern: str) -> Iterator[Path]:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "rglob", gone)
    found = find_files(".")
    assert isinstance(found, Diagnostic)
    assert found.code == "INF723"
