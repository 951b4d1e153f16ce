"""The units for Podman, read by Podman's own generator."""

from pathlib import Path

import pytest
from support.boxes import box, files, generated

NASTY = ("$HOME ${x} $$", "%n %h %%", "a'b\"c\\d", "line\nbreak\ttab", "ünï \u2028 —", "; `x` #")


def test_the_generator_makes_a_service_of_each_unit(quadlet: Path, tmp_path: Path) -> None:
    texts = files(box(services=2), form="quadlet")
    commands = generated(quadlet, tmp_path, texts)
    units = [path for path in texts if path.startswith("units/")]
    assert len(commands) == len(units)
    engine = commands["box-chat-0.service"]
    assert engine[:2] == ["/usr/bin/podman", "run"]
    for words in (
        ["--device", "nvidia.com/gpu=0", "--device", "nvidia.com/gpu=1"],
        ["--cap-drop", "all"],
        ["--security-opt=no-new-privileges"],
        ["--network", "box-inside"],
        ["--shm-size", "4g"],
        ["--user", "10001:10001"],
        ["--entrypoint", "vllm"],
        ["--memory=28g"],
    ):
        assert words[0] in engine
        start = engine.index(words[0])
        assert engine[start : start + len(words)] == words
    assert engine[engine.index("--tensor-parallel-size=2") - 3] == "serve" or "serve" in engine
    assert "--internal" in commands["box-inside-network.service"]
    assert "--internal" not in commands["box-outside-network.service"]


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_names_reach_podman_as_they_are(name: str, quadlet: Path, tmp_path: Path) -> None:
    commands = generated(quadlet, tmp_path, files(box(model=name), form="quadlet"))
    assert f"--served-model-name={name}" in commands["box-chat-0.service"]
    weights = commands["box-chat-weights.service"]
    assert any('"$DIRECTORY/$MARKER"' in text for text in weights), weights


def test_the_generator_refuses_a_key_that_it_does_not_have(quadlet: Path, tmp_path: Path) -> None:
    texts = files(box(), form="quadlet")
    path = "units/box-chat-0.container"
    broken = {**texts, path: texts[path].replace("ShmSize=", "ShmSise=")}
    with pytest.raises(AssertionError, match="ShmSise"):
        generated(quadlet, tmp_path, broken)
