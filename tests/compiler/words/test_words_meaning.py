"""Whole descriptions: the four that were asked for, reworded, denied, shuffled, contradicted."""

import random
import re
import time
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.words import (
    BATCH,
    BOARD,
    IMPOSSIBLE,
    INPUTS,
    LLAMA,
    MIXTRAL,
    ON_PREMISES,
    QUANTISED,
    SPIKY,
    SWITCHED,
    codes,
    read,
    reasons,
    statements,
)

from inferc import api
from inferc.compiler.words import build
from inferc.dsl import SourceFile

EXPECTED = {
    "spiky": """
        source = cat.models.meta.llama_3_70b_instruct
        precision = fp16
        platform = kubernetes
        nodes = 1
        gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm
        rate = 1000 req/min
        shape = spiky
        p95 ttft <= 500ms
    """,
    "impossible": """
        source = cat.models.meta.llama_3_70b_instruct
        precision = fp16
        hardware = cat.board.raspberry_pi_5_4gb
        count = 1
        rate = 1_000_000 req/s
        p95 ttft <= 10ms
    """,
    "chat": """
        source = cat.models.meta.llama_3_70b_instruct
        precision = int4
        gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm
        api = openai_chat
        goal = throughput
        max_model_len = 8192 tok
        prompt_tokens = 500 tok
        output_tokens = 1500 tok
    """,
    "batch": """
        source = cat.models.mistral.mixtral_8x22b_instruct
        precision = fp16
        gpu = 8 * cat.gpu.nvidia.a100_80gb_pcie
        network = cat.link.ethernet_100g
        goal = throughput
        max_model_len = 32768 tok
    """,
}

PARAPHRASES = [
    ("spiky", "Meta Llama 3 70B in half precision", SPIKY, ON_PREMISES),
    ("spiky", "We want to serve Llama-3-70B. The weights are FP16.", SPIKY, ON_PREMISES),
    (
        "spiky",
        LLAMA,
        (
            "Time to first token must stay under 500 ms. Traffic is very bursty. "
            "About 1,000 requests a minute."
        ),
        "One Kubernetes node on-prem, with eight A100 80GB.",
    ),
    ("spiky", LLAMA, "1k rpm, spikes, TTFT < 0.5s", "8 x A100-80GB in our own data center, k8s"),
    (
        "spiky",
        "FP16 weights of Llama 3 70B",
        "SLA: time-to-first-token of 500 milliseconds; load: 1000 req/min with sudden spikes",
        "A cluster on Kubernetes, 8 NVIDIA A100 GPUs with 80 GB, on premises",
    ),
    ("impossible", LLAMA, "10 ms TTFT and one million requests per second", BOARD),
    ("impossible", LLAMA, IMPOSSIBLE, "a Raspberry Pi, 4 GB of RAM"),
    ("impossible", LLAMA, "1M req/s; first token within 10ms", "one Raspberry Pi (4GB)"),
    (
        "chat",
        "AWQ INT8 Llama 3 70B Instruct with a context window of 8K",
        (
            "Chatbot with high concurrency; 500 input tokens and 1500 output tokens on average. "
            "We need high throughput."
        ),
        "Nodes of 8x H100 SXM5 80GB, NVSwitch",
    ),
    (
        "chat",
        QUANTISED,
        (
            "A conversational app. Prompts average 500 tokens, responses average 1,500 tokens. "
            "Maximize token throughput."
        ),
        SWITCHED,
    ),
    (
        "batch",
        "Mixtral-8x22B in float16, 32K context",
        (
            "Offline batch jobs; prompts of up to 20,000 tokens, between 50 and 200 output tokens; "
            "as many tokens as possible"
        ),
        "PCIe A100 servers with 80GB; 100 Gbps Ethernet; NVLink between nodes is not available",
    ),
    ("batch", MIXTRAL, BATCH, "80GB A100 PCIe nodes without NVLink across nodes, 100GbE"),
]


def _expected(name: str) -> list[str]:
    return [line.strip() for line in EXPECTED[name].strip().splitlines()]


@pytest.mark.parametrize("name", INPUTS)
def test_the_four_descriptions_mean_what_their_authors_meant(name: str) -> None:
    words = build(*INPUTS[name])
    lines = statements(words.text)
    assert [line for line in _expected(name) if line not in lines] == []
    assert words.not_understood == ()


@pytest.mark.parametrize(
    ("name", "model", "workload", "hardware"),
    PARAPHRASES,
    ids=[row[1] + row[2][:20] for row in PARAPHRASES],
)
def test_the_same_in_other_words_is_the_same(
    name: str, model: str, workload: str, hardware: str
) -> None:
    words = build(model, workload, hardware)
    lines = statements(words.text)
    assert [line for line in _expected(name) if line not in lines] == []
    assert words.not_understood == ()


def test_lengths_of_which_only_the_ends_are_said_are_assumed_between_them() -> None:
    lines = statements(build(*INPUTS["batch"]).text)
    assumed = lines[lines.index("assume {") :]
    assert any("typical = 10000 tok" in line and "p95_over_mean = 1.9" in line for line in assumed)
    assert any("typical = 125 tok" in line and "p95_over_mean = 1.54" in line for line in assumed)


# ---- order and company -----------------------------------------------------------------------


def _shuffled(text: str, seed: int) -> str:
    """Return the sentences of a text, and the clauses of each, in another order."""
    chance = random.Random(seed)
    sentences = [item.strip() for item in re.split(r"\.(?=\s|$)", text) if item.strip()]
    mixed: list[str] = []
    for sentence in sentences:
        parts = re.split(r", (?!\d{3})", sentence)
        chance.shuffle(parts)
        mixed.append(", ".join(parts))
    chance.shuffle(mixed)
    return " ".join(f"{item}." for item in mixed)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", INPUTS)
def test_the_order_of_clauses_changes_nothing(name: str, seed: int) -> None:
    shuffled = [_shuffled(text, seed) for text in INPUTS[name]]
    assert build(*shuffled).text == build(*INPUTS[name]).text


@pytest.mark.parametrize("name", INPUTS)
def test_where_a_sentence_stands_changes_nothing(name: str) -> None:
    assert build(" ".join(INPUTS[name]), "", "").text == build(*INPUTS[name]).text


SMALL_TALK = [
    "Our users love cats.",
    "Please be nice to the intern who wrote this.",
    "The meeting is on Tuesday!",
    "Thank you very much for your help.",
    "This matters a great deal to our board of directors.",
    "Money is not the point; happiness is.",
]


@pytest.mark.parametrize("sentence", SMALL_TALK)
@pytest.mark.parametrize("name", INPUTS)
def test_a_sentence_that_says_nothing_technical_changes_nothing(name: str, sentence: str) -> None:
    for place in range(3):
        before = list(INPUTS[name])
        before[place] = f"{sentence} {before[place]}"
        after = list(INPUTS[name])
        after[place] = f"{after[place]} {sentence}"
        assert build(*before).text == build(*INPUTS[name]).text == build(*after).text


# ---- saying the opposite ---------------------------------------------------------------------

OPPOSITES = [
    ("workload", "10 rps, highly spiky", "10 rps, not spiky"),
    ("workload", "10 rps, chat", "10 rps, no chat"),
    ("workload", "chat, 10 rps", "no chat, batch only, 10 rps"),
    ("workload", "10 rps, batch", "10 rps, not batch"),
    ("workload", "10 rps, low latency", "10 rps, not latency sensitive"),
    ("model", "Llama 3.1 8B, INT8", "Llama 3.1 8B, no INT8"),
    ("model", "Llama 3.1 8B, quantized", "Llama 3.1 8B, not quantized"),
    ("model", "Llama 3.1 8B with quantization", "Llama 3.1 8B without quantization"),
    ("hardware", "A100 80GB with NVSwitch", "A100 80GB, no NVSwitch"),
    ("hardware", "8x H100, InfiniBand", "8x H100, no InfiniBand"),
    ("hardware", "A100 or H100", "H100, not A100"),
    ("hardware", "8x H100, vLLM", "8x H100, not vLLM"),
    ("hardware", "8x H100 with tensor parallelism", "8x H100 without tensor parallelism"),
    ("hardware", "8x H100, highly available", "8x H100, not highly available"),
]


@pytest.mark.parametrize(("part", "said", "denied"), OPPOSITES, ids=[row[2] for row in OPPOSITES])
def test_a_denied_phrase_gives_another_file(part: str, said: str, denied: str) -> None:
    assert statements(read(**{part: said}).text) != statements(read(**{part: denied}).text)


@pytest.mark.parametrize(
    ("workload", "limit"),
    [
        ("no more than 500ms time to first token, 10 rps", "p95 ttft <= 500ms"),
        ("TTFT must not exceed 500ms, 10 rps", "p95 ttft <= 500ms"),
        ("not only chat, TTFT 500ms, 10 rps", "p95 ttft <= 500ms"),
    ],
)
def test_a_no_that_denies_nothing_is_no_denial(workload: str, limit: str) -> None:
    assert limit in statements(read(workload=workload).text)


# ---- contradictions and gaps -----------------------------------------------------------------

CONTRADICTIONS = [
    ("model", "Llama-3-70B, INT8 AWQ", "precision = int4"),
    ("model", "Llama 3.1 8B in FP32", "source = cat.models.meta.llama_3_1_8b_instruct"),
    ("model", "Llama 3.1 8B in FP16. Use FP8.", "precision = fp8"),
    ("model", "Llama 3 8B with a 128K context", "max_model_len = 8192 tok"),
    ("workload", "10 rps. 20 rps.", "rate = 20 req/s"),
    ("workload", "TTFT 500ms. TTFT 300ms. 5 rps", "p95 ttft <= 300ms"),
    ("workload", "steady, spiky, 5 rps", "shape = spiky"),
    ("workload", "5 rps, 3x peak. 5x peak.", "peak = 5x"),
    ("workload", "maximum throughput, low latency", "goal = throughput"),
    ("workload", "average input 500 tokens, average input 900 tokens", "prompt_tokens = 900 tok"),
    ("hardware", "4GB Raspberry Pi 5 with 8GB", "hardware = cat.board.raspberry_pi_5_4gb"),
    ("hardware", "A100 with 64GB", "gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm"),
    ("hardware", "8x H100, 100GbE, 10GbE", "network = cat.link.ethernet_10g"),
    ("hardware", "8x H100, TP=4, TP=8", "tensor_parallel = 4"),
]


@pytest.mark.parametrize(
    ("part", "phrase", "line"), CONTRADICTIONS, ids=[row[1] for row in CONTRADICTIONS]
)
def test_what_contradicts_itself_is_reported_with_the_reading_taken(
    part: str, phrase: str, line: str
) -> None:
    words = read(**{part: phrase})
    assert line in statements(words.text)
    assert "INF186" in codes(words)


@pytest.mark.parametrize("name", INPUTS)
def test_of_the_four_only_int8_awq_contradicts_itself(name: str) -> None:
    assert ("INF186" in codes(build(*INPUTS[name]))) == (name == "chat")


@pytest.mark.parametrize(
    ("part", "text", "says"),
    [
        ("model", "Llama 3", "several sizes"),
        ("model", "GPT-4", "not published"),
        ("model", "something nice", "no name of a model"),
        ("model", "", ""),
        ("hardware", "some computers", "no name of an accelerator"),
        ("hardware", "no A100", "excluded"),
        ("hardware", "", ""),
    ],
)
def test_without_model_or_hardware_there_is_nothing_to_plan(
    part: str, text: str, says: str
) -> None:
    words = read(**{part: text})
    assert words.text == ""
    error = next(item for item in words.diagnostics if item.code == "INF185")
    assert says in error.label


def test_each_phrase_ends_up_in_one_of_three_lists() -> None:
    words = read(workload="10 rps, continuous batching, mauve elephants")
    assert "10 rps" in words.understood
    assert words.idle == ("continuous batching",)
    assert words.not_understood == ("mauve elephants",)
    assert {"INF187", "INF188"} <= set(codes(words))


@pytest.mark.parametrize("name", INPUTS)
def test_each_line_says_words_of_the_description(name: str) -> None:
    """What stands behind ``because`` is a phrase of the input, or says what is not said."""
    said = " ".join(INPUTS[name])
    parts = chain.from_iterable(reason.split("; ") for reason in reasons(build(*INPUTS[name]).text))
    unsaid = [part for part in parts if part not in said]
    assert all("not said" in part or "is said" in part or "spread" in part for part in unsaid)
    assert len(unsaid) < len(reasons(build(*INPUTS[name]).text))


# ---- anything at all -------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *chain.from_iterable(text.split() for texts in INPUTS.values() for text in texts),
        *("no", "not", "or", "and", "8x", "x8", "p99", "ms", "tokens", "per", "second", "GPUs"),
        *("$10k", "0", "1e309", "-5", "AWS", "batch", "between"),
        *("up to", "\n", ";", ".", "0 requests per second"),
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_any_words_give_a_file_that_parses_or_none(text: str) -> None:
    words = build(f"Llama 3.1 8B {text}", text, f"{text} 8x H100")
    assert words.text == "" or statements(words.text)[0] == "infer 1"
    assert "error" not in {item.severity.value for item in words.diagnostics} or not words.text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_read_without_a_fault(model: str, workload: str, hardware: str) -> None:
    words = build(model, workload, hardware)
    assert words.text == "" or words.understood


HOSTILE = [
    '" }  topology evil { service x { model = y } } "',
    "${secret}",
    "\\",
    '"\n}\nemit kubernetes { namespace = "evil" }\n',
    "// comment\n/* */ # end",
    "\x00\x1b[31m\u202e",
    "because because because confidence high",
    "p95 ttft <= 1ms\n  assume { }",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_ends_up_as_data_only(hostile: str) -> None:
    """The file has the lines that it has without it: words that mean something may differ."""
    plain = statements(read(model="Llama 3.1 8B").text)
    for part, text in (("model", "Llama 3.1 8B"), ("hardware", "8x H100 80GB SXM")):
        lines = statements(read(**{part: f"{text} {hostile}"}).text)
        kinds = [line.split()[0] for line in lines if line.endswith("{")]
        assert kinds == [line.split()[0] for line in plain if line.endswith("{")]
        assert not any("evil" in line or "secret" in line for line in lines)


def test_quotes_and_dollars_in_a_phrase_stay_text() -> None:
    words = read(hardware='8x H100 with "100GbE ${networking}"')
    assert "network = cat.link.ethernet_100g" in statements(words.text)


@pytest.mark.parametrize(
    "piece", ["a ", "80gb ", "8x ", "up to ", "p99 500ms ", "a100 or ", "1 to ", "a/b-c_d."]
)
def test_twice_the_words_take_about_twice_the_time(piece: str) -> None:
    """Ten times the text, and not a hundred times the time: no pattern runs away."""
    build(piece, piece, piece)
    few, many = (min(took(piece * repeated) for _ in range(3)) for repeated in (60, 600))
    assert many < 60 * max(few, 0.005)


def took(text: str) -> float:
    start = time.process_time()
    build(text, "", "")
    return time.process_time() - start


@pytest.mark.parametrize(
    ("part", "text", "phrase"),
    [
        ("workload", "-5 requests per second", "-5 requests per second"),
        ("workload", "0 requests per second", "0 requests per second"),
        ("workload", "10 rps, prompts of -500 tokens", "prompts of -500 tokens"),
        ("workload", "10 rps, 0 ms TTFT", "0 ms TTFT"),
        ("hardware", "8x H100, 0 nodes", "0 nodes"),
        ("hardware", "0x A100, 8x H100", "0x A100"),
    ],
)
def test_numbers_that_cannot_be_are_said_and_not_used(part: str, text: str, phrase: str) -> None:
    words = read(**{part: text})
    assert phrase in words.not_understood
    assert "INF187" in codes(words)
    assert not [reason for reason in reasons(words.text) if phrase in reason]


def test_dashes_of_a_list_are_no_signs() -> None:
    words = read(workload="-5 requests per second\n-p95 TTFT below 1s")
    assert {"rate = 5 req/s", "p95 ttft <= 1s"} <= set(statements(words.text))
    assert not words.not_understood


def test_a_number_of_documents_without_a_time_is_no_length() -> None:
    words = read(workload="2 rps, summarisation of 2 million documents")
    assert "2 million documents" in words.idle
    assert not [line for line in statements(words.text) if line.startswith("prompt_tokens")]


def test_networks_get_no_lines_that_only_language_models_have() -> None:
    """What is planned for them is the least hardware for the peak."""
    asked = "lowest latency, maximum throughput, survive a node failure, tensor parallelism 2"
    words = build("BGE-M3 embeddings, FP8 KV cache", f"20 requests/s, {asked}", "2x L4")
    assert api.plan(SourceFile("design.infer", words.text)).ok
    for field in ("survives", "goal", "tensor_parallel", "kv_precision"):
        assert not re.search(rf"^ *{field} +=", words.text, re.MULTILINE)
