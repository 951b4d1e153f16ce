"""Whatever happens to an output folder between compiles, nobody's work is lost."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.files.manifest import NAME, Section, digest
from inferc.files.output import NewFile, Request, write

NAMES = ("a.yaml", "b.yaml", "deep/c.yaml", "deep", "deep/er/d.yaml")
CONTENTS = (b"1\n", b"2\n", b"")

TREES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS), max_size=4).filter(
    lambda tree: "deep" not in tree or not any(name.startswith("deep/") for name in tree)
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("compile"), TREES, st.booleans()),
        st.tuples(st.just("edit"), st.sampled_from(NAMES), st.binary(min_size=4, max_size=6)),
        st.tuples(st.just("remove"), st.sampled_from(NAMES), st.just(b"")),
        st.tuples(st.just("add"), st.sampled_from(("own.yaml", "deep/own")), st.just(b"own")),
    ),
    max_size=8,
)


def read(folder: Path) -> dict[str, bytes]:
    return {
        item.relative_to(folder).as_posix(): item.read_bytes()
        for item in sorted(folder.rglob("*"))
        if item.is_file() and item.name != NAME
    }


def request_for(folder: Path, tree: dict[str, bytes]) -> Request:
    files = {name: digest(content) for name, content in tree.items()}
    return Request(
        folder=folder,
        topology="t",
        sections={"k": Section(inferc="0", plan="p", inputs={}, files=files)},
        files=tuple(NewFile(path=f"k/{name}", content=text) for name, text in tree.items()),
    )


def put(place: Path, content: bytes) -> bool:
    """Write a file as a user would; return whether that was possible."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    except OSError:
        return False
    return True


@given(steps=STEPS)
@settings(deadline=None, max_examples=150)
def test_no_work_is_lost(steps: list[tuple[str, object, object]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "out" / "t"
        users: set[bytes] = set()
        for what, first, second in steps:
            before = read(folder)
            if what == "compile":
                assert isinstance(first, dict)
                outcome = write([request_for(folder, first)], force=bool(second))
                after = read(folder)
                if outcome.diagnostics:
                    assert after == before
                else:
                    assert {f"k/{path}": text for path, text in first.items()}.items() <= (
                        after.items()
                    )
                assert users & set(before.values()) <= set(after.values())
                assert [item.name for item in folder.parent.glob(".inferc-*")] == []
                continue
            place = folder / "k" / str(first)
            if what == "remove":
                if place.is_file():
                    place.unlink()
            elif isinstance(second, bytes) and put(place, second):
                users.add(second)
