"""``inferc verify``: is what stands in a folder what was written there."""

import json
from pathlib import Path

import pytest
from support.commands import call
from support.repository import ROOT

EXAMPLE = ROOT / "examples/support-chat/topology.infer"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of output, and beside it the design that it is of."""
    folder = tmp_path_factory.mktemp("verify")
    design = folder / "topology.infer"
    design.write_bytes(EXAMPLE.read_bytes())
    assert call("compile", design, "-t", "kubernetes,design-doc", "-o", folder / "out").code == 0
    return folder


@pytest.fixture
def out(written: Path, tmp_path: Path) -> Path:
    """Return a copy of the output that a test may change."""
    import shutil

    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy" / "out"


@pytest.mark.parametrize(
    "below", ["", "support_chat", "support_chat/kubernetes", "support_chat/design-doc"]
)
def test_what_was_just_written_is_as_written(out: Path, below: str) -> None:
    done = call("verify", out / below, out.parent / "topology.infer")
    assert done.code == 0, done.out + done.err
    assert "as written" in done.out
    assert ("design-doc" in done.out) is not below.endswith("kubernetes")


def test_an_edit_a_loss_and_a_file_of_ones_own_are_told_apart(out: Path) -> None:
    folder = out / "support_chat/kubernetes"
    edited, lost, own = (folder / name for name in ("README.md", "preflight.sh", "mine.yaml"))
    edited.write_text("changed")
    lost.unlink()
    own.write_text("own")
    done = call("verify", out, "--format", "json")
    assert done.code == 10
    found = {item["target"]: item for item in json.loads(done.out)["targets"]}
    kubernetes = found["kubernetes"]
    assert kubernetes["edited"] == ["README.md"]
    assert kubernetes["missing"] == ["preflight.sh"]
    assert kubernetes["own"] == ["mine.yaml"]
    assert found["design-doc"]["differs"] is False
    for word in ("edited   README.md", "missing  preflight.sh", "yours    mine.yaml"):
        assert word in call("verify", out).out


def test_ones_own_files_alone_are_no_difference(out: Path) -> None:
    (out / "support_chat/kubernetes/overlay").mkdir()
    (out / "support_chat/kubernetes/overlay/kustomization.yaml").write_text("x")
    assert call("verify", out).code == 0


def test_a_link_in_place_of_a_file_is_an_edit(out: Path) -> None:
    path = out / "support_chat/kubernetes/README.md"
    path.rename(path.with_name("kept"))
    path.symlink_to("kept")
    assert call("verify", out).code == 10


def test_a_design_that_was_changed_since_is_a_difference(out: Path) -> None:
    design = out.parent / "topology.infer"
    assert call("verify", out, design).code == 0
    design.write_text(design.read_text() + "\n// later\n")
    done = call("verify", out, design)
    assert done.code == 10
    assert "made from another topology.infer" in done.out
    assert call("verify", out).code == 0


def test_a_manifest_says_what_all_of_it_was_made_from(out: Path) -> None:
    found = json.loads((out / "support_chat/inferc.manifest.json").read_text())
    section = found["targets"]["kubernetes"]
    assert section["inferc"]
    assert section["plan"]
    assert section["catalog"].startswith("sha256:")
    assert set(section["inputs"]) == {"topology.infer"}
    assert "README.md" in section["files"]


@pytest.mark.parametrize(
    "name", [".", "support_chat/kubernetes/nothing", "nowhere", "topology.infer"]
)
def test_what_inferc_has_not_written_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "topology.infer").write_text("x")
    done = call("verify", tmp_path / name)
    assert done.code == 2
    assert "INF749" in done.err or "INF720" in done.err


def test_a_manifest_that_leads_out_of_its_folder_is_none(out: Path) -> None:
    path = out / "support_chat/inferc.manifest.json"
    path.write_text(path.read_text().replace('"README.md"', '"../../../../etc/passwd"'))
    assert call("verify", out).code == 2


TAMPERED = [
    # what is done to a file of the manifest, the word that verify has for it
    ('"plan": "', '"plan": "0', "edited   ../inferc.manifest.json"),
    ('"README.md": "sha256:', '"other.md": "sha256:', "edited   ../inferc.manifest.json"),
]


@pytest.mark.parametrize(("before", "after", "said"), TAMPERED)
def test_an_edit_of_the_manifest_itself_is_told(
    out: Path, before: str, after: str, said: str
) -> None:
    path = out / "support_chat/inferc.manifest.json"
    path.write_text(path.read_text().replace(before, after))
    done = call("verify", out)
    assert done.code == 10
    assert said in done.out


def test_a_manifest_that_is_damaged_is_told(out: Path) -> None:
    path = out / "other/inferc.manifest.json"
    path.parent.mkdir()
    path.write_text('{"format_version": "1.0", "topology":')
    done = call("verify", out)
    assert done.code == 2
    assert "INF734" in done.err


def test_line_ends_and_permissions_are_told(out: Path) -> None:
    folder = out / "support_chat/kubernetes"
    readme = folder / "README.md"
    readme.write_bytes(readme.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "preflight.sh").chmod(0o644)
    done = call("verify", out)
    assert done.code == 10
    assert "edited   README.md" in done.out
    assert "no longer executable  preflight.sh" in done.out


def test_another_design_and_none_are_told(out: Path) -> None:
    other = out.parent / "other.infer"
    other.write_bytes((out.parent / "topology.infer").read_bytes())
    done = call("verify", out, other)
    assert done.code == 10
    assert "made from another other.infer" in done.out
    done = call("verify", out, out.parent / "nothing.infer")
    assert (done.code, done.out) == (2, "")
    assert "INF720" in done.err


def test_a_name_that_no_system_takes_is_no_fault_of_ours() -> None:
    for name in ("x" * 5000, "x\0"):
        done = call("verify", name)
        assert done.code == 2
        assert "INF720" in done.err or "INF723" in done.err


@pytest.mark.parametrize(
    ("inside", "folder"),
    [
        ("kubernetes", "."),
        ("kubernetes/files", ".."),
        ("kubernetes/files", "."),
        ("", "kubernetes"),
    ],
)
def test_it_is_asked_from_inside_too(
    out: Path, monkeypatch: pytest.MonkeyPatch, inside: str, folder: str
) -> None:
    (out / "support_chat/kubernetes/files").mkdir(exist_ok=True)
    monkeypatch.chdir(out / "support_chat" / inside)
    done = call("verify", folder)
    assert done.code == 0, done.err
    assert "kubernetes: as written" in done.out
    assert "design-doc" not in done.out
