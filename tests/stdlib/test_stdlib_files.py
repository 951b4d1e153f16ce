"""The standard library is found by path, and by nothing else."""

import pytest

from inferc import stdlib


def test_a_dotted_path_is_the_path_of_a_file() -> None:
    text = stdlib.read("catalog.gpu.nvidia.a100_80gb_sxm")
    assert text is not None
    assert "gpu a100_80gb_sxm {" in text


@pytest.mark.parametrize(
    "dotted",
    [
        "",
        ".",
        "catalog",
        "catalog.gpu",
        "catalog.gpu.nvidia.no_such_gpu",
        "..pyproject",
        "catalog/gpu/nvidia/l4",
        "catalog.gpu.nvidia.l4.infer",
        "catalog..l4",
        "nul\0",
    ],
)
def test_nothing_else_is_read(dotted: str) -> None:
    assert stdlib.read(dotted) is None


def test_names_are_folders_and_files_in_order() -> None:
    names = stdlib.names("catalog")
    assert list(names) == sorted(names)
    assert {"board", "engine", "gpu", "link", "models", "shape", "workload"} <= set(names)
    assert stdlib.names() == ("catalog", "prices")
    assert stdlib.names("catalog.gpu.nvidia.l4") == ()
    assert stdlib.names("nowhere") == ()
    assert stdlib.names("../..") == ()


def test_every_name_leads_to_a_file_or_to_more_names() -> None:
    def walk(dotted: str) -> int:
        below = stdlib.names(dotted)
        if not below:
            assert stdlib.read(dotted) is not None, dotted
            return 1
        return sum(walk(f"{dotted}.{name}".lstrip(".")) for name in below)

    assert walk("") == len(stdlib.all_entries())


def test_all_entries_can_be_narrowed() -> None:
    boards = stdlib.all_entries("catalog.board")
    assert "catalog.board.raspberry_pi_4b_4gb" in boards
    assert all(path.startswith("catalog.board.") for path in boards)
    assert stdlib.all_entries("catalog.gpu.nvidia.l4") == ("catalog.gpu.nvidia.l4",)
