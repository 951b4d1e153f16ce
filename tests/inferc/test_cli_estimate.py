"""``inferc estimate`` as people and programs call it."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.commands import call
from support.repository import ROOT

from inferc.estimation import Kind, Load, Wanted, estimate

CHAT = ROOT / "examples" / "support-chat" / "topology.infer"
LLAMA = ("estimate", "--model", "llama-3-70b-instruct", "--gpu", "h100_80gb_sxm")
FOUR = (*LLAMA, "--tp", "4", "--precision", "fp8")


def data(*arguments: str | Path) -> dict[str, Any]:
    done = call(*arguments, "--format", "json")
    assert done.code in {0, 3}, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (("--rate", "5/s"), "5 req/s"),
        (("--rate", "300/min"), "5 req/s"),
        (("--concurrency", "32"), "32 clients that wait for answers"),
        (("--batch", "8"), "8 requests that start together"),
    ],
    ids=str,
)
def test_people_read_what_runs_and_what_it_does(load: tuple[str, ...], says: str) -> None:
    done = call(*FOUR, *load)
    assert done.code == 0
    assert done.err == ""
    first, *_ = done.out.splitlines()
    assert first.startswith("Llama 3 70B Instruct in fp8 on 4 x NVIDIA H100")
    assert says in done.out
    for title in ("latency", "throughput", "memory of one accelerator", "rests on"):
        assert f"\n  {title}" in done.out
    assert "NVIDIA H100 datasheet" in done.out
    assert all(len(line) < 200 for line in done.out.splitlines())


def test_lines_end_without_blanks() -> None:
    assert all(line == line.rstrip() for line in call(*FOUR, "--rate", "5/s").out.splitlines())


def test_programs_read_base_units() -> None:
    found = data(*FOUR, "--rate", "5/s", "--isl", "1000", "--osl", "200")
    assert found["stable"] is True
    assert found["load"] == {
        "kind": "rate",
        "rate_req_per_s": 5.0,
        "prompt_tok": 1000.0,
        "output_tok": 200.0,
        "prompt_p95_over_mean": 1.0,
        "output_p95_over_mean": 1.0,
    }
    assert found["configuration"]["tensor_parallel"] == 4
    assert found["configuration"]["precision"] == "fp8"
    assert found["requests_per_s"]["value"] == pytest.approx(5.0)
    assert found["output_tok_per_s"]["value"] == pytest.approx(1000.0)
    for key in ("ttft_s", "itl_s", "tpot_s", "e2e_s"):
        assert list(found[key]) == ["mean", "p50", "p95", "p99"]
        assert all(0 < item["value"] < 60 for item in found[key].values())
    memory = found["memory"]
    parts = ("weights_bytes", "activation_bytes", "runtime_bytes", "kv_cache_bytes")
    assert sum(memory[name] for name in parts) == pytest.approx(memory["usable_bytes"])
    assert memory["load_s"]["network_volume"] > memory["load_s"]["nvme"] > 0
    assert memory["disk_bytes"] > memory["model_bytes"]
    assert memory["host_memory_bytes"] > memory["shared_memory_bytes"] > 0
    assert {fact["unit"] for fact in found["provenance"]["facts"]} >= {"B", "B/s", "FLOP/s"}
    assert all(fact["source"] for fact in found["provenance"]["facts"])


def test_lengths_that_vary_make_some_wait_longer() -> None:
    alike = data(*FOUR, "--rate", "5/s")
    varied = data(*FOUR, "--rate", "5/s", "--isl-p95", "3000", "--osl-p95", "500")
    assert varied["load"]["prompt_p95_over_mean"] == 3.0
    assert varied["ttft_s"]["p99"]["value"] > 1.5 * alike["ttft_s"]["p99"]["value"]
    shown = call(*FOUR, "--rate", "5/s", "--isl-p95", "3000").out
    assert "one in twenty above 3,000 and 200" in shown


def test_an_interval_holds_its_value() -> None:
    found = data(*FOUR, "--rate", "5/s")
    figures = [item for key in ("ttft_s", "tpot_s") for item in found[key].values()]
    for item in figures:
        assert ("low80" in item) == ("high80" in item)
        if "low80" in item:
            assert item["low80"] <= item["value"] <= item["high80"]


def test_explain_shows_where_the_time_goes() -> None:
    done = call(*FOUR, "--rate", "5/s", "--explain")
    assert "decode step" in done.out
    assert "step with a prompt" in done.out
    assert "collectives" in done.out
    for step in data(*FOUR, "--rate", "5/s", "--explain")["steps"]:
        assert sum(part["share"] for part in step["parts"]) == pytest.approx(1.0)
        assert sum(part["time_s"] for part in step["parts"]) == pytest.approx(step["total_s"])
    assert "steps" not in data(*FOUR, "--rate", "5/s")


def test_two_calls_say_the_same() -> None:
    assert call(*FOUR, "--rate", "5/s").out == call(*FOUR, "--rate", "5/s").out


def test_a_model_of_a_file() -> None:
    by_service = data("estimate", "--model", f"{CHAT}:chat", *FOUR[3:], "--rate", "1/s")
    alone = data("estimate", "--model", CHAT, *FOUR[3:], "--rate", "1/s")
    named = data(*FOUR, "--rate", "1/s")
    assert by_service == alone
    assert alone["ttft_s"] == named["ttft_s"]


@pytest.mark.parametrize(
    ("model", "precision"),
    [
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8", "fp8"),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "int4"),
        ("llama-3.1-8b-instruct", "bf16"),
    ],
)
def test_the_name_of_a_checkpoint_says_its_format(model: str, precision: str) -> None:
    found = data("estimate", "--model", model, "--gpu", "l40s", "--rate", "1/s")
    assert found["configuration"]["precision"] == precision
    fixed = data(
        "estimate", "--model", model, "--gpu", "l40s", "--rate", "1/s", "--precision", "int8"
    )
    assert fixed["configuration"]["precision"] == "int8"


def test_the_engines_command_line_says_the_format() -> None:
    arguments = ("--engine-args", "--quantization fp8 --tensor-parallel-size 2")
    found = data(*LLAMA, "--rate", "1/s", *arguments)
    assert found["configuration"]["precision"] == "fp8"
    assert found["configuration"]["tensor_parallel"] == 2


CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "num_hidden_layers": 32,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}


@pytest.mark.parametrize("gpu", ["gaudi_3", "tpu_v5e", "trainium_2"])
def test_hardware_without_an_engine_gets_figures_and_a_warning(gpu: str) -> None:
    done = call("estimate", "--model", "tinyllama", "--gpu", gpu, "--rate", "1/s")
    assert done.code == 0, done.err
    assert "INF427" in done.err
    assert "spec sheet" in done.out


def test_a_model_of_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(CONFIG), encoding="utf-8")
    rest = ("--gpu", "l40s", "--rate", "1/s")
    named = data("estimate", "--model", "llama-3.1-8b-instruct", *rest)
    for path in (file, tmp_path):
        found = data("estimate", "--model", path, *rest)
        assert found["ttft_s"]["mean"] == pytest.approx(named["ttft_s"]["mean"], rel=0.01)
        assert found["memory"]["weights_bytes"] == pytest.approx(
            named["memory"]["weights_bytes"], rel=0.01
        )


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"architectures": ["Nothing"]}'])
def test_a_configuration_that_says_nothing(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(text, encoding="utf-8")
    done = call("estimate", "--model", file, "--gpu", "l4", "--rate", "1/s")
    assert done.code in {1, 2}
    assert "INF19" in done.err
    assert "Traceback" not in done.err


def test_hardware_that_is_no_gpu_takes_an_engine_of_its_own() -> None:
    found = data(
        "estimate", "--model", "tinyllama", "--gpu", "raspberry_pi_5_8gb", "--rate", "1/h",
        "--precision", "int4", "--isl", "50", "--osl", "20",
    )  # fmt: skip
    assert found["configuration"]["engine"] == "engine.llama_cpp"
    assert found["stable"] is True


# ---- what is wrong -----------------------------------------------------------------------------

WRONG = [
    # arguments, exit code, what standard error says
    (("estimate",), 2, "--model"),
    (("estimate", "--model", "llama-3-8b-instruct"), 2, "--gpu"),
    (LLAMA, 2, "give one of --rate, --concurrency and --batch"),
    ((*FOUR, "--rate", "5/s", "--batch", "8"), 2, "give one of"),
    ((*FOUR, "--rate", "fast"), 2, "no rate above zero, as in 5/s"),
    ((*FOUR, "--rate", "-5/s"), 2, "no rate above zero, as in 5/s"),
    ((*FOUR, "--rate", "5/fortnight"), 2, "no rate above zero, as in 5/s"),
    ((*FOUR, "--rate", "inf"), 2, "no rate above zero, as in 5/s"),
    ((*FOUR, "--rate", "5/s", "--isl", "-5"), 2, "--isl"),
    ((*FOUR, "--rate", "5/s", "--osl", "0"), 2, "--osl"),
    ((*FOUR, "--rate", "1/s", "--engine", "triton"), 2, "token by token"),
    (("estimate", "--model", "resnet-50", "--gpu", "l4", "--concurrency", "8"), 2, "INF426"),
    (
        ("estimate", "--model", "bge-m3", "--gpu", "l4", "--batch", "8", "--isl", "100000"),
        2,
        "INF423",
    ),
    ((*FOUR, "--rate", "5/s", "--isl-p95", "500"), 2, "below the mean of 1000"),
    ((*FOUR, "--batch", "8", "--osl-p95", "500"), 2, "--osl-p95"),
    ((*LLAMA, "--tp", "0", "--rate", "1/s"), 2, "--tp"),
    ((*FOUR, "--rate", "1/s", "--gpu-memory-utilization", "2"), 2, "no share between 0 and 1"),
    ((*LLAMA, "--tp", "6", "--rate", "1/s"), 2, "INF422"),
    ((*FOUR, "--rate", "1/s", "--precision", "fp7"), 2, "INF421"),
    ((*FOUR, "--rate", "1/s", "--engine", "vlm"), 2, "did you mean `vllm`?"),
    (("estimate", "--model", "x", "--gpu", "l4", "--rate", "1/s"), 2, "INF420"),
    (
        ("estimate", "--model", "llama-3-8b-instruct", "--gpu", "l4o", "--rate", "1/s"),
        2,
        "did you mean",
    ),
    (("estimate", "--model", "none.infer:a", "--gpu", "l4", "--rate", "1/s"), 2, "INF720"),
    (("estimate", "--model", f"{CHAT}:nope", "--gpu", "l4", "--rate", "1/s"), 2, "chat"),
    ((*FOUR, "--rate", "1/s", "--isl", "9000"), 0, "INF423"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), WRONG, ids=lambda value: str(value)[-40:])
def test_a_mistake_is_named(arguments: tuple[str, ...], code: int, says: str) -> None:
    done = call(*arguments)
    assert done.code == code
    assert says in done.err
    assert "Traceback" not in done.err
    assert "help:" in done.err


def test_what_does_not_fit_ends_with_3_and_shows_the_sum() -> None:
    done = call(*LLAMA, "--precision", "fp16", "--rate", "1/s")
    assert done.code == 3
    assert "with --tp 2 it fits" in done.err
    assert "missing" in done.out
    found = data(*LLAMA, "--precision", "fp16", "--rate", "1/s")
    assert "does not fit" in found["error"]
    assert found["memory"]["kv_cache_bytes"] < 0


def test_a_warning_does_not_hide_that_a_load_is_not_carried() -> None:
    done = call(*FOUR, "--rate", "500/s", "--isl", "9000")
    assert done.code == 3
    assert "INF423" in done.err
    assert "INF425" in done.err


def test_too_high_a_rate_ends_with_3_and_says_what_is_carried() -> None:
    done = call(*FOUR, "--rate", "500/s")
    assert done.code == 3
    assert "INF425" in done.err
    assert "without end; at most" in done.out
    found = data(*FOUR, "--rate", "500/s")
    assert found["stable"] is False
    assert found["ttft_s"]["mean"]["value"] is None
    assert 1 < found["capacity_req_per_s"] < 500


# ---- models that answer items ------------------------------------------------------------------

RESNET = ("estimate", "--model", "resnet-50", "--gpu", "l4")


def test_full_batches_of_images() -> None:
    found = data(*RESNET, "--batch", "16")
    assert found["configuration"]["batch"] == 16
    assert found["items_per_s"]["value"] == pytest.approx(16 / found["latency_s"]["value"])
    for figure in (found["latency_s"], found["items_per_s"]):
        assert figure["low80"] < figure["value"] < figure["high80"]
    assert [row["batch"] for row in found["batches"]] == [1, 2, 4, 8, 16]
    assert found["queue"] is None
    shown = call(*RESNET, "--batch", "16", "--explain").out
    assert "vision" in shown
    assert "a batch of 16" in shown


def test_images_that_come_at_a_rate_wait_for_a_batch() -> None:
    slow, fast = (data(*RESNET, "--rate", rate) for rate in ("10/s", "2000/s"))
    assert slow["queue"]["latency_s"]["mean"] < fast["queue"]["latency_s"]["mean"]
    assert slow["queue"]["utilisation"] < fast["queue"]["utilisation"] < 1
    assert call(*RESNET, "--rate", "1000000/s").code == 3


def test_replicas_of_a_network_share_the_items() -> None:
    one, two = (data(*RESNET, "--batch", "8", "--replicas", n) for n in ("1", "2"))
    assert two["items_per_s"]["value"] == pytest.approx(2 * one["items_per_s"]["value"])


def test_longer_items_take_longer() -> None:
    short, long = (
        data("estimate", "--model", "bge-m3", "--gpu", "l4", "--batch", "8", "--isl", n)
        for n in ("64", "512")
    )
    assert short["latency_s"]["value"] < long["latency_s"]["value"]


def test_a_network_that_does_not_fit_ends_with_3() -> None:
    done = call("estimate", "--model", "dlrm_v1", "--gpu", "l4", "--batch", "8")
    assert done.code == 3
    assert "INF424" in done.err


# ---- from Python -------------------------------------------------------------------------------


def test_python_gets_what_the_command_prints() -> None:
    load = Load(Kind.RATE, 5.0, 1000.0, 200.0)
    found = estimate(
        "llama-3-70b-instruct",
        "h100_80gb_sxm",
        load,
        Wanted(tensor_parallel=4, precision="fp8"),
    )
    assert found.ok
    assert found.figures is not None
    printed = data(*FOUR, "--rate", "5/s")
    assert found.figures.ttft_s["p95"] == printed["ttft_s"]["p95"]["value"]
    assert found.capacity_per_s == printed["capacity_req_per_s"]


def test_python_gets_diagnostics_and_no_exceptions() -> None:
    found = estimate("nothing", "l4", Load(Kind.BATCH, 1.0, 10.0, 10.0))
    assert not found.ok
    assert [item.code for item in found.diagnostics] == ["INF420"]
    assert found.figures is None
    assert found.breakdowns == ()
    assert found.capacity_per_s is None


def test_figures_cannot_be_changed() -> None:
    found = estimate("llama-3-8b-instruct", "l40s", Load(Kind.BATCH, 1.0, 10.0, 10.0)).figures
    assert found is not None
    with pytest.raises(AttributeError):
        found.stable = False  # type: ignore[misc]
