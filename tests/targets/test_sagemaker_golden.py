"""The files of an endpoint, to be read by people; components are the same everywhere."""

from pathlib import Path

import pytest
from support import sagemaker

from inferc.targets.sagemaker.emitter import TARGET

GOLDEN = Path(__file__).parent / "golden" / "sagemaker"
OPTIONS = {"canary": 10, "bake": 300}
SAME_EVERYWHERE = ("components/", "policy/", "tests/")


def test_the_files_are_as_they_were(request: pytest.FixtureRequest) -> None:
    emitted = sagemaker.files(TARGET.emit(sagemaker.made_up(), OPTIONS))
    read = {path: text for path, text in emitted.items() if not path.startswith(SAME_EVERYWHERE)}
    if request.config.getoption("--update-golden", default=False):
        for path in [path for path in GOLDEN.rglob("*") if path.is_file()]:
            path.unlink()
        for path, text in read.items():
            GOLDEN.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            GOLDEN.joinpath(path).write_text(text, "utf-8")
    found = [path for path in GOLDEN.rglob("*") if path.is_file()]
    assert {path.relative_to(GOLDEN).as_posix() for path in found} == set(read)
    for path, text in read.items():
        assert text == (GOLDEN / path).read_text("utf-8"), path


def test_the_same_plan_gives_the_same_bytes() -> None:
    first, second = (TARGET.emit(sagemaker.made_up(), OPTIONS).artifacts for _ in range(2))
    assert first == second
    assert [one.path for one in first] == sorted(one.path for one in first)
    assert [one.path for one in first if one.executable] == ["preflight.sh", "stage_weights.sh"]
