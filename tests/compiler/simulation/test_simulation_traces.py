"""Recorded requests are read as they were recorded, and what is wrong with a file is said."""

import os
from collections.abc import Callable, Iterable
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.simulation.traces import Trace, lengths, replay, survey
from inferc.compiler.simulation.values import Request
from inferc.dsl import Diagnostic

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:05.9799600,110,27
"""

MOONCAKE = """\
{"timestamp": 0, "input_length": 1200, "output_length": 500, "hash_ids": [0, 1, 2]}
{"timestamp": 3000, "input_length": 700, "output_length": 490, "hash_ids": [0, 3]}
"""

BURSTGPT = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
"""

PLAIN = "at_s,prompt,output\n0,10,1\n1.5,20,2\n"
SHUFFLED = "at_s,prompt,output\n7,30,3\n1,10,1\n4,20,2\n"
TABS = "output\tprompt\tat_ms\n1\t10\t1000\n2\t20\t2500\n"
QUOTED = 'who,at_s,prompt,output\n"a, b",0,10,1\n"c",1.5,20,2\n'
LENGTHS = "input_length,output_length\n10,1\n20,2\n"


def opened(text: str) -> Callable[[], Iterable[str]]:
    return lambda: text.splitlines(keepends=True)


def read(text: str) -> Trace:
    found = survey("t.csv", opened(text)())
    assert isinstance(found, Trace), found
    return found


def said(text: str) -> str:
    found = survey("t.csv", opened(text)())
    assert isinstance(found, Diagnostic)
    return " / ".join((found.code, found.message, *found.notes))


REPLAYED = [
    # a trace, its first requests, its mean rate
    (AZURE, [(0.0, 4808, 10), (0.052, 3180, 8), (2.0, 110, 27)], 1.0),
    (MOONCAKE, [(0.0, 1200, 500), (3.0, 700, 490)], 1.0 / 3.0),
    (BURSTGPT, [(0.0, 472, 18), (40.0, 1087, 230)], 1.0 / 40.0),
    (PLAIN, [(0.0, 10, 1), (1.5, 20, 2)], 1.0 / 1.5),
    (SHUFFLED, [(0.0, 10, 1), (3.0, 20, 2), (6.0, 30, 3)], 1.0 / 3.0),
    (TABS, [(0.0, 10, 1), (1.5, 20, 2)], 1.0 / 1.5),
    (QUOTED, [(0.0, 10, 1), (1.5, 20, 2)], 1.0 / 1.5),
    ("\ufeff" + PLAIN.replace("\n", "\r\n\r\n"), [(0.0, 10, 1), (1.5, 20, 2)], 1.0 / 1.5),
]


@pytest.mark.parametrize(("text", "requests", "rate"), REPLAYED)
def test_a_trace_is_replayed_as_recorded(
    text: str, requests: list[tuple[float, int, int]], rate: float
) -> None:
    trace = read(text)
    found = list(islice(replay(trace, opened(text)), trace.requests))
    assert [(round(item.at_s, 6), item.prompt_tok, item.output_tok) for item in found] == requests
    assert trace.rate_per_s == pytest.approx(rate)


@pytest.mark.parametrize("digits", [10, 13, 16, 19])
def test_clocks_count_seconds_or_less(digits: int) -> None:
    """A minute on the clock of a computer, in seconds, milliseconds, microseconds, nanoseconds."""
    one, two = (str(second).ljust(digits, "0") for second in (1_700_158_623, 1_700_158_683))
    text = f"timestamp,prompt,output\n{one},10,1\n{two},20,2\n"
    assert read(text).lasts_s == pytest.approx(2 * 60.0, rel=1e-4)


def test_dates_are_read_in_their_zone() -> None:
    text = "time,input,output\n2024-01-01T10:00:00Z,1,1\n2024-01-01T12:00:05+02:00,1,1\n"
    assert read(text).lasts_s == pytest.approx(10.0)


def test_a_trace_begins_again_after_its_last_request() -> None:
    """The second time round is one mean gap later, and finds nothing in the cache."""
    trace = read(MOONCAKE)
    found = list(islice(replay(trace, opened(MOONCAKE)), 5))
    assert [item.at_s for item in found] == [0.0, 3.0, 6.0, 9.0, 12.0]
    assert [item.blocks for item in found] == [(0, 1, 2), (0, 3), (4, 5, 6), (4, 7), (8, 9, 10)]


def test_speed_is_a_matter_of_times_alone() -> None:
    trace = read(AZURE)
    plain = list(islice(replay(trace, opened(AZURE)), 7))
    quick = list(islice(replay(trace, opened(AZURE), speedup=4.0), 7))
    assert [item.at_s for item in quick] == pytest.approx([item.at_s / 4.0 for item in plain])
    assert [item[1:] for item in quick] == [item[1:] for item in plain]


def test_a_trace_without_times_has_lengths() -> None:
    trace = read(LENGTHS)
    assert not trace.timed
    assert trace.rate_per_s == 0.0
    assert list(lengths(opened(LENGTHS)())) == [(10, 1), (20, 2)]


def test_requests_that_failed_are_left_out_and_counted() -> None:
    text = PLAIN + "2,30,0\n3,40,4\n"
    trace = read(text)
    assert (trace.requests, trace.skipped) == (3, 1)
    found = list(islice(replay(trace, opened(text)), 3))
    assert [item.prompt_tok for item in found] == [10, 20, 40]


def test_a_trace_is_read_line_by_line() -> None:
    """What was asked for is read, and not the rest of a file that may be larger than memory."""
    trace, taken = read(PLAIN), 0

    def counted() -> Iterable[str]:
        nonlocal taken
        for line in PLAIN.splitlines(keepends=True):
            taken += 1
            yield line

    next(replay(trace, counted))
    assert taken == 2


WRONG = [
    # text, what is said
    ("", "INF743 / `t.csv` has no requests"),
    ("at_s,prompt,output\n", "INF743 / `t.csv` has no requests"),
    (
        "prompt,output\n5,0\n",
        "INF743 / `t.csv` has no requests / lines with no tokens, which are left out: 1",
    ),
    (
        "at,prompt,output\n3,1,1\n3,2,2\n",
        "INF744 / `t.csv` has no rate: all its requests come at one moment / requests: 2",
    ),
    (
        "at,prompt,output\n3,1,1\n",
        "INF744 / `t.csv` has no rate: all its requests come at one moment / requests: 1",
    ),
    (
        PLAIN + "x,1,2\n0,1.5,2\n1,2\n",
        (
            "INF741 / line 4 of `t.csv`: at_s is `x` / expected seconds, or a date and time like "
            "2023-11-16 18:17:03.9799600 / 2 further lines are wrong as well"
        ),
    ),
    (
        PLAIN + "2,many,2\n",
        "INF741 / line 4 of `t.csv`: prompt is `many` / expected a whole number of tokens",
    ),
    (
        PLAIN + "2,1,-2\n2,1,nan\n",
        (
            "INF741 / line 4 of `t.csv`: output is `-2` / expected a whole number of tokens / "
            "1 further line is wrong as well"
        ),
    ),
    (
        PLAIN + "inf,1,1\n",
        (
            "INF741 / line 4 of `t.csv`: at_s is `inf` / expected seconds, or a date and time like "
            "2023-11-16 18:17:03.9799600"
        ),
    ),
    (
        PLAIN + f"2,{'9' * 5000},1\n",
        f"INF741 / line 4 of `t.csv`: prompt is `{'9' * 40}…` / expected a whole number of tokens",
    ),
    (
        PLAIN + "2,1\n",
        "INF741 / line 4 of `t.csv`: the line is 2 cells / expected 3 cells, as the header has",
    ),
    (
        MOONCAKE + "{\n",
        "INF741 / line 3 of `t.csv`: the line is `{` / expected a JSON object in one line",
    ),
    (
        MOONCAKE + '{"timestamp": 3001, "input_length": 5}\n',
        "INF741 / line 3 of `t.csv`: output_length is missing / expected a whole number of tokens",
    ),
    (
        MOONCAKE.replace("[0, 3]", "[0, -3]"),
        (
            "INF741 / line 2 of `t.csv`: hash_ids is `-3` / expected a list of whole numbers, "
            "one for each block of the prompt"
        ),
    ),
    (
        MOONCAKE.replace("3000", "true"),
        (
            "INF741 / line 2 of `t.csv`: timestamp is `true` / expected seconds, or a date and "
            "time like 2023-11-16 18:17:03.9799600"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_what_is_wrong_with_a_trace_is_said(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("when,user,tokens\n0,1,2\n", "the length of the prompt and the length of the answer"),
        ("at_s,prompt\n0,1\n", "the length of the answer"),
        ('{"timestamp": 1, "output_length": 2}\n', "the length of the prompt"),
        ("just some text\nof people\n", "the length of the prompt and the length of the answer"),
    ],
)
def test_columns_that_are_missing_are_named(text: str, missing: str) -> None:
    assert said(text).startswith(f"INF742 / `t.csv` has no column for {missing} / ")


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(max_size=60).map(lambda text: PLAIN + text),
        st.text(max_size=60).map(lambda text: MOONCAKE + text),
        st.lists(
            st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none()), max_size=4
        ).map(lambda cells: PLAIN + ",".join(map(str, cells)) + "\n"),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
            lambda inside: st.lists(inside, max_size=3),
            max_leaves=4,
        ).map(lambda value: MOONCAKE + f'{{"timestamp": {value!r}, "input_length": {value!r}}}\n'),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever it is, it is a trace that can be replayed, or a diagnostic."""
    found = survey("t", text.splitlines(keepends=True))
    if isinstance(found, Trace) and found.timed:
        replayed = list(islice(replay(found, opened(text)), 2 * found.requests))
        assert all(before.at_s <= after.at_s + 1e-6 for before, after in pairwise(replayed))
        assert all(item.prompt_tok > 0 and item.output_tok > 0 for item in replayed)


TRACES = Path(os.environ.get("INFERC_TRACES", "no traces"))

REAL = [
    # file, requests, mean prompt and answer, as its publishers count them
    ("AzureLLMInferenceTrace_code.csv", 8_819, 2_048, 28),
    ("AzureLLMInferenceTrace_conv.csv", 19_366, 1_155, 211),
    ("mooncake_conversation_trace.jsonl", 12_031, 12_035, 343),
]


@pytest.mark.skipif(not TRACES.is_dir(), reason="INFERC_TRACES names no folder of traces")
@pytest.mark.parametrize(("name", "requests", "prompt", "output"), REAL)
def test_published_traces_are_read_in_full(
    name: str, requests: int, prompt: int, output: int
) -> None:
    with (TRACES / name).open(encoding="utf-8") as file:
        found = survey(name, file)
    assert isinstance(found, Trace)
    assert (found.requests, found.skipped, found.in_order) == (requests, 0, True)
    assert (round(found.prompt_mean_tok), round(found.output_mean_tok)) == (prompt, output)


def test_requests_are_what_the_simulator_takes() -> None:
    first = next(replay(read(PLAIN), opened(PLAIN)))
    assert first == Request(0.0, 10, 1)
