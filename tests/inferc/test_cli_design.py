"""``inferc design``: from three descriptions to the printed design."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from support.commands import Done, call
from support.words import INPUTS, statements

from inferc import api
from inferc.cli.exit_codes import INFEASIBLE, OK, USAGE, WRONG_FILE

FIRST = re.compile(
    r"(?i)(tensor parallelism|kv-cache|continuous batching|vLLM|TensorRT|hardware|error)"
)
SECOND = re.compile(
    r"(PagedAttention|Continuous Batching|Tensor Parallelism|Pipeline Parallelism"
    r"|Speculative Decoding|KV Cache)"
)
"""What the two documents that asked for the product look for in an answer."""


@cache
def designed(name: str) -> Done:
    model, workload, hardware = INPUTS[name]
    return call("design", "--model", model, "--workload", workload, "--hardware", hardware)


@pytest.mark.parametrize(
    ("name", "code", "word", "pattern"),
    [
        ("spiky", OK, "tensor parallelism", FIRST),
        ("impossible", INFEASIBLE, "error", FIRST),
        ("chat", OK, "PagedAttention", SECOND),
        ("batch", OK, "Continuous Batching", SECOND),
    ],
)
def test_the_four_answers_have_the_words_that_are_looked_for(
    name: str, code: int, word: str, pattern: re.Pattern[str]
) -> None:
    done = designed(name)
    assert done.code == code, done.err
    assert word in done.out
    assert pattern.search(done.out)
    assert "INF900" not in done.err


def test_the_impossible_is_refused_with_one_json_object() -> None:
    refusal = json.loads(designed("impossible").out)
    assert refusal["error"] == "Hardware constraints insufficient for SLA"
    assert {"INF402", "INF403"} <= {bound["code"] for bound in refusal["bounds"]}


def test_a_number_of_nodes_that_is_not_given_is_planned() -> None:
    found = api.design(*INPUTS["batch"])
    assert "nodes" not in {line.split()[0] for line in statements(found.words.text)}
    (plan,) = found.planned.plans
    nodes = int(plan.services[0].service.place.nodes.value)
    assert nodes >= 1
    assert f"of {8 * nodes} accelerators" in designed("batch").out


def test_what_contradicts_itself_is_said_on_standard_error() -> None:
    assert "INF186" in designed("chat").err
    assert "read as int4" in designed("chat").err


def test_the_techniques_come_from_the_plan() -> None:
    """A processor of one board is no group: nothing is said of parallelism there."""
    done = call(
        "design", "--model", "TinyLlama 1.1B chat, 4-bit", "--workload", "1 request per minute",
        "--hardware", "Raspberry Pi 5 8GB",
    )  # fmt: skip
    assert done.code == OK, done.err
    assert "llama.cpp" in done.out
    assert "PagedAttention" not in done.out
    assert "Tensor parallelism 2" not in done.out


def test_the_file_alone_is_printed_without_a_plan(tmp_path: Path) -> None:
    model, workload, hardware = INPUTS["spiky"]
    words = ("design", "--model", model, "--workload", workload, "--hardware", hardware)
    done = call(*words, "--format", "infer")
    assert done.code == OK
    assert "rate = 1000 req/min" in statements(done.out)

    file = tmp_path / "topology.infer"
    written = call(*words, "--format", "infer", "-o", file)
    assert (written.code, written.out) == (OK, "")
    assert file.read_text() == done.out
    assert api.check(file).ok
    assert call("fmt", "--check", file).code == OK


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.infer"
    file.write_text("mine")
    done = call("design", "--model", "Llama 3.1 8B", "--workload", "1 rps", "--hardware", "1x L40S",
                "-o", file)  # fmt: skip
    assert done.code == USAGE
    assert file.read_text() == "mine"


def test_programs_get_file_phrases_and_plan() -> None:
    done = call("design", "--model", "Llama 3.1 8B", "--workload", "2 rps, TTFT 1s, mauve",
                "--hardware", "1x L40S", "--format", "json")  # fmt: skip
    assert done.code == OK, done.err
    data = json.loads(done.out)
    assert data["words"]["not_understood"] == ["mauve"]
    assert "2 rps" in data["words"]["understood"]
    assert "p95 ttft <= 1s" in statements(data["file"])
    assert data["topologies"][0]["verdict"] in {"feasible", "conditional"}


def test_words_without_a_model_are_the_callers_mistake() -> None:
    done = call("design", "--model", "Llama 3", "--workload", "1 rps", "--hardware", "1x L40S")
    assert done.code == WRONG_FILE
    assert "several sizes" in done.err
    assert done.out == ""


def test_no_words_at_all_are_a_wrong_call() -> None:
    done = call("design")
    assert done.code == USAGE
    assert "nothing is described" in done.err


def test_programs_may_call_it() -> None:
    found = api.design("Llama 3.1 8B", "2 requests per second, TTFT 1s", "one L40S")
    assert found.planned.ok
    assert not api.Checked(diagnostics=found.diagnostics).diagnostics or found.words.text
    nothing = api.design("", "", "")
    assert not nothing.planned.ok
    assert {item.code for item in nothing.diagnostics} == {"INF185"}
