"""Starters: files that inferc makes once and that are the user's own from then on."""

from pathlib import Path

import pytest

from inferc.files.manifest import load_manifest
from inferc.outputs import Output, Sources, write_outputs
from inferc.targets.base import Artifact

STARTER = Artifact(path="customise.py", content=b"# yours\n", starter=True)


def compile_to(out: Path, *artifacts: Artifact, force: bool = False) -> tuple[str, ...]:
    """Write ``artifacts`` as a compile does; return the codes of what is wrong."""
    output = Output(topology="chat", target="pulumi", plan="0", artifacts=artifacts)
    sources = Sources(inputs={"chat.infer": "x"}, catalog={})
    found = write_outputs([output], sources, str(out), force=force, dry=False)
    return tuple(item.code for item in found.diagnostics)


def test_a_starter_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert compile_to(tmp_path, STARTER) == ()
    folder = tmp_path / "chat"
    assert (folder / "pulumi/customise.py").read_bytes() == b"# yours\n"
    manifest = load_manifest(folder)
    assert manifest is not None
    assert manifest.targets["pulumi"].files == {}


@pytest.mark.parametrize("force", [False, True])
def test_what_the_user_wrote_into_it_stays(tmp_path: Path, force: bool) -> None:
    compile_to(tmp_path, STARTER)
    path = tmp_path / "chat/pulumi/customise.py"
    path.write_text("my own\n", "utf-8")
    newer = Artifact(path="customise.py", content=b"# another text\n", starter=True)
    assert compile_to(tmp_path, newer, force=force) == ()
    assert path.read_text("utf-8") == "my own\n"
    assert sorted(one.name for one in path.parent.iterdir()) == ["customise.py"]


def test_it_stays_where_it_is_no_longer_emitted(tmp_path: Path) -> None:
    other = Artifact(path="README.md", content=b"a\n")
    compile_to(tmp_path, STARTER, other)
    assert compile_to(tmp_path, other) == ()
    assert (tmp_path / "chat/pulumi/customise.py").exists()


def test_a_file_that_becomes_a_starter_is_not_lost(tmp_path: Path) -> None:
    """What an older version owned may hold the user's words; it becomes theirs."""
    compile_to(tmp_path, Artifact(path="customise.py", content=b"old\n"))
    path = tmp_path / "chat/pulumi/customise.py"
    path.write_text("edited\n", "utf-8")
    assert compile_to(tmp_path, STARTER) == ()
    assert path.read_text("utf-8") == "edited\n"
