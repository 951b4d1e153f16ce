"""Output folders: whole or not at all, and never over a user's own work."""

import fcntl
import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path

import pytest

from inferc.files.manifest import Section, digest, load_manifest
from inferc.files.moves import Moves
from inferc.files.output import NewFile, Outcome, Request, write
from inferc.files.verification import survey_outputs

FIRST = {"kubernetes/deployment.yaml": b"one\n", "kubernetes/service.yaml": b"two\n"}


def request_for(folder: Path, files: dict[str, bytes], target: str = "kubernetes") -> Request:
    prefix = f"{target}/"
    section = Section(
        inferc="0.1.0",
        plan="sha256:00",
        inputs={"topology.infer": digest(b"infer 1\n")},
        files={path.removeprefix(prefix): digest(content) for path, content in files.items()},
    )
    return Request(
        folder=folder,
        topology="chat",
        sections={target: section},
        files=tuple(NewFile(path=path, content=content) for path, content in files.items()),
    )


def compile_to(folder: Path, files: dict[str, bytes], **how: bool) -> Outcome:
    return write([request_for(folder, files)], **how)


def texts(folder: Path) -> dict[str, bytes]:
    return {
        item.relative_to(folder).as_posix(): item.read_bytes()
        for item in sorted(folder.rglob("*"))
        if item.is_file() and item.name != "inferc.manifest.json"
    }


def names(paths: tuple[Path, ...], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "build" / "chat"


def test_a_first_compile_makes_the_folder_and_the_manifest(out: Path) -> None:
    outcome = compile_to(out, FIRST)

    assert outcome.diagnostics == ()
    assert names(outcome.written, out) == sorted(FIRST)
    assert texts(out) == FIRST
    manifest = load_manifest(out)
    assert manifest is not None
    assert manifest.topology == "chat"
    assert manifest.targets["kubernetes"].files["service.yaml"] == digest(b"two\n")
    assert [item.name for item in out.parent.iterdir()] == ["chat"]


def test_the_same_compile_again_touches_nothing(out: Path) -> None:
    compile_to(out, FIRST)
    before = {item: item.stat().st_mtime_ns for item in out.rglob("*")}

    outcome = compile_to(out, FIRST)

    assert outcome.written == ()
    assert names(outcome.unchanged, out) == sorted(FIRST)
    assert {item: item.stat().st_mtime_ns for item in out.rglob("*")} == before


def test_what_changed_is_replaced_and_what_is_gone_is_removed(out: Path) -> None:
    compile_to(out, {**FIRST, "kubernetes/old/pvc.yaml": b"three\n"})

    outcome = compile_to(out, {**FIRST, "kubernetes/service.yaml": b"new\n"})

    assert names(outcome.written, out) == ["kubernetes/service.yaml"]
    assert names(outcome.removed, out) == ["kubernetes/old/pvc.yaml"]
    assert texts(out) == {**FIRST, "kubernetes/service.yaml": b"new\n"}
    assert not (out / "kubernetes/old").exists()


def test_files_of_the_user_beside_ours_survive(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/overlay").mkdir()
    (out / "kubernetes/overlay/patch.yaml").write_bytes(b"mine\n")

    compile_to(out, {"kubernetes/deployment.yaml": b"changed\n"})

    assert texts(out) == {
        "kubernetes/deployment.yaml": b"changed\n",
        "kubernetes/overlay/patch.yaml": b"mine\n",
    }


def test_an_edited_file_is_never_overwritten_silently(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").write_bytes(b"by hand\n")
    edited = texts(out)

    outcome = compile_to(out, {**FIRST, "kubernetes/service.yaml": b"new\n"})

    assert [item.code for item in outcome.diagnostics] == ["INF733"]
    assert "kubernetes/service.yaml" in outcome.diagnostics[0].notes[0]
    assert "deployment.yaml" not in outcome.diagnostics[0].notes[0]
    assert texts(out) == edited


def test_force_keeps_what_it_replaces(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").write_bytes(b"by hand\n")

    first = compile_to(out, {**FIRST, "kubernetes/service.yaml": b"new\n"}, force=True)
    (out / "kubernetes/service.yaml").write_bytes(b"by hand again\n")
    second = compile_to(out, FIRST, force=True)

    assert names(first.kept, out) == ["kubernetes/service.yaml.orig"]
    assert names(second.kept, out) == ["kubernetes/service.yaml.orig2"]
    assert texts(out) == {
        **FIRST,
        "kubernetes/service.yaml.orig": b"by hand\n",
        "kubernetes/service.yaml.orig2": b"by hand again\n",
    }


def test_an_edit_that_equals_the_new_text_is_no_conflict(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").write_bytes(b"new\n")

    outcome = compile_to(out, {**FIRST, "kubernetes/service.yaml": b"new\n"})

    assert outcome.diagnostics == ()
    assert load_manifest(out).targets["kubernetes"].files["service.yaml"] == digest(b"new\n")  # type: ignore[union-attr]


def test_an_edited_file_that_is_no_longer_emitted_stays(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").write_bytes(b"by hand\n")

    outcome = compile_to(out, {"kubernetes/deployment.yaml": b"one\n"})

    assert names(outcome.left, out) == ["kubernetes/service.yaml"]
    assert texts(out)["kubernetes/service.yaml"] == b"by hand\n"


def test_another_target_is_left_alone(out: Path) -> None:
    compile_to(out, FIRST)

    write([request_for(out, {"diagram/topology.svg": b"<svg/>"}, target="diagram")])

    assert texts(out) == {**FIRST, "diagram/topology.svg": b"<svg/>"}
    manifest = load_manifest(out)
    assert manifest is not None
    assert sorted(manifest.targets) == ["diagram", "kubernetes"]


def test_a_dry_run_tells_and_does_nothing(out: Path) -> None:
    outcome = compile_to(out, FIRST, dry_run=True)

    assert names(outcome.written, out) == sorted(FIRST)
    assert not out.parent.exists()


def test_several_topologies_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    good = request_for(tmp_path / "build/good", FIRST)
    bad = request_for(tmp_path / "build/bad", {f"kubernetes/{'x' * 300}.yaml": b"too long a name"})

    outcome = write([good, bad])

    assert [item.code for item in outcome.diagnostics] == ["INF730"]
    assert list(tmp_path.iterdir()) == []


FOREIGN = [
    # what stands there, code, what the message names
    ("a file", "INF731", "build"),
    ("a file above", "INF731", "build"),
    ("a folder of somebody else", "INF732", "notes.txt"),
    ("a manifest nobody can read", "INF734", "inferc.manifest.json"),
    ("a manifest of a later release", "INF734", "it is of format 9.0, and this release reads 1."),
    ("a pipe for a manifest", "INF734", "it is not a file"),
    ("the output of another topology", "INF735", "`desk`"),
]


@pytest.mark.parametrize(("what", "code", "named"), FOREIGN)
def test_what_is_not_ours_is_not_touched(what: str, code: str, named: str, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    match what:
        case "a file":
            folder.write_text("x")
        case "a file above":
            folder.write_text("x")
            folder = folder / "chat"
        case "a folder of somebody else":
            folder.mkdir()
            (folder / "notes.txt").write_text("x")
        case "a manifest nobody can read":
            folder.mkdir()
            (folder / "inferc.manifest.json").write_text("<<<<<<< HEAD")
        case "a manifest of a later release":
            compile_to(folder, FIRST)
            manifest = folder / "inferc.manifest.json"
            manifest.write_text(manifest.read_text().replace('"1.0"', '"9.0"'))
        case "a pipe for a manifest":
            folder.mkdir()
            os.mkfifo(folder / "inferc.manifest.json")
        case _:
            compile_to(folder, FIRST)
            manifest = folder / "inferc.manifest.json"
            manifest.write_text(manifest.read_text().replace('"chat"', '"desk"'))
    before = texts(tmp_path)

    outcome = compile_to(folder, FIRST)

    assert [item.code for item in outcome.diagnostics] == [code]
    text = f"{outcome.diagnostics[0].message} {outcome.diagnostics[0].notes}"
    assert named in text
    assert texts(tmp_path) == before


def test_an_empty_folder_may_be_used(out: Path) -> None:
    out.mkdir(parents=True)

    assert compile_to(out, FIRST).diagnostics == ()
    assert texts(out) == FIRST


def test_a_link_is_an_edit_and_is_not_followed(out: Path, tmp_path: Path) -> None:
    compile_to(out, FIRST)
    outside = tmp_path / "outside"
    outside.mkdir()
    (out / "kubernetes/service.yaml").unlink()
    (out / "kubernetes/deployment.yaml").unlink()
    (out / "kubernetes").rmdir()
    (out / "kubernetes").symlink_to(outside)

    refused = compile_to(out, FIRST)
    forced = compile_to(out, FIRST, force=True)

    assert [item.code for item in refused.diagnostics] == ["INF733"]
    assert forced.diagnostics == ()
    assert list(outside.iterdir()) == []
    assert (out / "kubernetes.orig").is_symlink()
    assert (out / "kubernetes/service.yaml").read_bytes() == b"two\n"


def test_a_folder_where_a_file_is_to_be_is_kept_under_force(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").unlink()
    (out / "kubernetes/service.yaml").mkdir()
    (out / "kubernetes/service.yaml/note").write_bytes(b"mine\n")

    assert [item.code for item in compile_to(out, FIRST).diagnostics] == ["INF733"]
    assert compile_to(out, FIRST, force=True).diagnostics == ()
    assert texts(out) == {**FIRST, "kubernetes/service.yaml.orig/note": b"mine\n"}


def test_programs_are_executable(out: Path) -> None:
    file = NewFile(path="pulumi/preflight.sh", content=b"#!/bin/sh\n", executable=True)
    section = Section(inferc="0", plan="", inputs={}, files={"preflight.sh": digest(file.content)})

    write([Request(folder=out, topology="t", sections={"pulumi": section}, files=(file,))])

    assert (out / file.path).stat().st_mode & 0o100
    assert not (out / "inferc.manifest.json").stat().st_mode & 0o100


def test_a_manifest_cannot_name_files_outside_its_folder(out: Path, tmp_path: Path) -> None:
    compile_to(out, FIRST)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious\n")
    manifest = out / "inferc.manifest.json"
    manifest.write_text(manifest.read_text().replace('"service.yaml"', '"../../../victim"'))

    outcome = compile_to(out, {"kubernetes/deployment.yaml": b"changed\n"})

    assert victim.read_bytes() == b"precious\n"
    assert [item.code for item in outcome.diagnostics] == ["INF734"]


def test_moves_are_taken_back_in_order(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    moves = Moves()
    moves.move(tmp_path / "old", tmp_path / "kept" / "old")
    moves.move(tmp_path / "new", tmp_path / "old")

    with pytest.raises(FileNotFoundError):
        moves.move(tmp_path / "missing", tmp_path / "deep" / "place")
    moves.undo()

    assert texts(tmp_path) == {"old": b"old", "new": b"new"}
    assert sorted(item.name for item in tmp_path.iterdir()) == ["new", "old"]


SECOND = {"kubernetes/deployment.yaml": b"1\n", "kubernetes/service.yaml": b"2\n"}
THIRD = {"kubernetes/deployment.yaml": b"new\n", "kubernetes/pvc.yaml": b"newer\n"}

DYING = """
import os, signal, sys
from pathlib import Path
from inferc.cli.app import terminate
from inferc.files.moves import Moves
from test_files_output import compile_to, SECOND

left, kill = int(sys.argv[2]), getattr(signal, sys.argv[3])

def dying(rename):
    def one(*arguments):
        global left
        rename(*arguments)
        left -= 1
        if not left:
            os.kill(os.getpid(), kill)
    return one

Path.replace = dying(Path.replace)
Path.rename = dying(Path.rename)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, terminate)
compile_to(Path(sys.argv[1]), SECOND)
"""
"""A compile that ends at its N-th rename: the manifest at work, two files, the manifest."""


def die(out: Path, after: int, kill: str) -> None:
    place = Path(__file__).parent
    arguments = [sys.executable, "-c", DYING, str(out), str(after), kill]
    subprocess.run(arguments, cwd=place, check=False, capture_output=True)


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_killed_compile_leaves_nothing_that_the_next_takes_for_an_edit(
    after: int, out: Path
) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/mine.yaml").write_bytes(b"mine\n")

    die(out, after, "SIGKILL")

    assert all(
        content in {FIRST.get(name), SECOND.get(name), b"mine\n"}
        for name, content in texts(out).items()
    )
    assert len(list(out.parent.iterdir())) == 2  # and what it was making
    (state,) = survey_outputs(out, None)
    assert state.differs == state.killed == (after < 4)
    assert (state.edited, state.missing) == ((), ())
    assert len(state.earlier) == max(0, 3 - after)
    outcome = compile_to(out, THIRD)
    assert outcome.diagnostics == ()
    assert texts(out) == {**THIRD, "kubernetes/mine.yaml": b"mine\n"}
    assert [item.name for item in out.parent.iterdir()] == ["chat"]
    assert not survey_outputs(out, None)[0].differs


@pytest.mark.parametrize(
    ("after", "kill"), [(1, "SIGINT"), (2, "SIGINT"), (3, "SIGTERM"), (4, "SIGINT")]
)
def test_an_interrupted_compile_puts_everything_back(after: int, kill: str, out: Path) -> None:
    compile_to(out, FIRST)
    before = {item: item.read_bytes() for item in out.rglob("*") if item.is_file()}

    die(out, after, kill)

    assert {item: item.read_bytes() for item in out.rglob("*") if item.is_file()} == before
    assert [item.name for item in out.parent.iterdir()] == ["chat"]


def test_an_edit_after_a_killed_compile_is_still_an_edit(out: Path) -> None:
    compile_to(out, FIRST)
    die(out, 2, "SIGKILL")
    (out / "kubernetes/service.yaml").write_bytes(b"by hand\n")

    assert [item.code for item in compile_to(out, SECOND).diagnostics] == ["INF733"]
    assert survey_outputs(out, None)[0].edited == ("service.yaml",)


def test_one_compile_waits_for_another(out: Path) -> None:
    compile_to(out, FIRST)
    other = os.open(out.parent, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(compile_to, out, SECOND)
        with pytest.raises(futures.TimeoutError):
            done.result(timeout=0.2)
        assert texts(out) == FIRST
        os.close(other)
        assert done.result(timeout=10).diagnostics == ()
    assert texts(out) == SECOND


def test_a_pipe_in_place_of_a_file_is_an_edit_and_is_not_read(out: Path) -> None:
    compile_to(out, FIRST)
    (out / "kubernetes/service.yaml").unlink()
    os.mkfifo(out / "kubernetes/service.yaml")

    assert [item.code for item in compile_to(out, SECOND).diagnostics] == ["INF733"]
    assert survey_outputs(out, None)[0].edited == ("service.yaml",)


def test_a_target_whose_folder_was_removed_is_forgotten(out: Path) -> None:
    compile_to(out, FIRST)
    write([request_for(out, {"diagram/topology.svg": b"<svg/>"}, target="diagram")])
    (out / "diagram/topology.svg").unlink()
    (out / "diagram").rmdir()
    assert [state.differs for state in survey_outputs(out, None)] == [True, False]

    compile_to(out, FIRST)

    assert [state.target for state in survey_outputs(out, None)] == ["kubernetes"]


def test_two_names_in_one_folder_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """As a disk has it that does not tell `Chat` from `chat`: a link makes one of the other."""
    (tmp_path / "build").mkdir()
    requests = [request_for(tmp_path / "build" / name, FIRST) for name in ("chat", "x/../chat")]

    outcome = write(requests)

    assert [item.code for item in outcome.diagnostics] == ["INF730"]
    assert list((tmp_path / "build").iterdir()) == []
