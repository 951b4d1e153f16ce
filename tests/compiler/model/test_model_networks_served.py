"""Services of networks, and of shares of accelerators, as the design has them."""

import re

import pytest
from support.network_plans import design, found, program, service

LLM = "cat.models.meta.llama_3_1_8b_instruct"
CUT = "nodes = 1; gpu = 4 * cat.gpu.nvidia.a100_80gb_sxm; partition = mig"
CHAT_SLA = "p95 ttft <= 1s"
PLAIN = "rate = 5 req/s"
TURNS = "share = time_slice(4)"


def test_what_is_stated_is_in_the_design() -> None:
    load = "rate = 20 req/s; items = 32; input_tokens = dist(mean = 200 tok, p95 = 300 tok)"
    (built,) = design(program(service(load=load, sla="p95 latency <= 1s"))).networks
    assert built.model.title == "BGE M3"
    assert built.load.items.value == 32
    assert built.load.rate_per_s.value == 20
    assert built.load.lengths is not None
    assert built.load.lengths.mean_tok.value == 200
    assert built.load.lengths.p95_over_mean.value == pytest.approx(1.5)
    assert built.share.mode == "whole"


def test_a_topology_has_language_models_and_networks_apart() -> None:
    both = design(
        program(service(), service("chat", LLM, load=PLAIN, shape="peak = 2x", sla=CHAT_SLA))
    )
    assert [item.name for item in both.services] == ["chat"]
    assert [item.name for item in both.networks] == ["embed"]


def test_what_nobody_states_is_the_catalogs_range() -> None:
    (built,) = design(program(service(load=PLAIN))).networks
    lengths = built.load.lengths
    assert lengths is not None
    assert lengths.mean_tok.low < lengths.mean_tok.value < lengths.mean_tok.high


# what a throughput line says, images of a request, requests a second
THROUGHPUTS = [("100 req/s", 4, 100.0), ("100 img/s", 4, 25.0), ("100 img/s", 1, 100.0)]


@pytest.mark.parametrize(("limit", "images", "expected"), THROUGHPUTS)
def test_throughput_is_kept_in_requests(limit: str, images: int, expected: float) -> None:
    yolo = service(
        "see",
        "cat.networks.ultralytics.yolo11x",
        load=f"{PLAIN}; images = {images} img/req",
        sla=f"throughput >= {limit}",
    )
    (built,) = design(program(yolo)).networks
    assert built.objectives[0].limit.value == pytest.approx(expected)


def test_a_pool_that_is_cut_gives_parts() -> None:
    free, fixed = design(
        program(service(), service("other", more='share = mig("2g.20gb")'), pool=CUT)
    ).networks
    assert (free.share.mode, free.share.profile) == ("mig", "")
    assert (fixed.share.mode, fixed.share.profile) == ("mig", "2g.20gb")


def test_a_language_model_on_a_part_has_one_part_to_a_replica() -> None:
    chat = service("chat", LLM, load=PLAIN, sla=CHAT_SLA, more='share = mig("3g.40gb")')
    (built,) = design(program(chat, pool=CUT)).services
    assert (built.place.slices, built.place.accelerators) == (2, 8)
    fixed = {item.field: item.values for item in built.decisions}
    assert fixed["tensor_parallel"] == fixed["pipeline_parallel"] == (1.0,)


# code, part of its message, service, pool
WRONG = [
    ("INF172", "has no `ttft`", service(sla="p95 ttft <= 80ms"), ""),
    ("INF172", "has no `latency`", service("c", LLM, load=PLAIN, sla="p95 latency <= 1s"), ""),
    ("INF173", "`prompt_tokens`", service(load=f"{PLAIN}; prompt_tokens = 9 tok"), ""),
    ("INF173", "`items`", service("c", LLM, load=f"{PLAIN}; items = 9", sla=CHAT_SLA), ""),
    (
        "INF173",
        "one size",
        service("s", "cat.networks.ultralytics.yolo11x", load=f"{PLAIN}; input_tokens = 9 tok"),
        "",
    ),
    ("INF174", "are whole", service(more='share = mig("2g.20gb")'), ""),
    ("INF174", "no part `2g.24gb`", service(more='share = mig("2g.24gb")'), CUT),
    (
        "INF174",
        "cannot be cut",
        service(more='share = mig("2g.20gb")'),
        "nodes = 1; gpu = 4 * cat.gpu.nvidia.l4; partition = mig",
    ),
    (
        "INF174",
        "take turns",
        service(more=TURNS, sla="prefer p95 latency <= 1s"),
        CUT,
    ),
    ("INF174", "which it gets", service("c", LLM, load=PLAIN, sla=CHAT_SLA), CUT),
    ("INF443", "taking turns", service(more="share = time_slice(4)"), ""),
    (
        "INF443",
        "taking turns",
        service("c", LLM, load=PLAIN, sla=CHAT_SLA, more="share = time_slice(2)"),
        "",
    ),
]


@pytest.mark.parametrize(("code", "says", "block", "pool"), WRONG)
def test_what_is_wrong_is_said(code: str, says: str, block: str, pool: str) -> None:
    source = program(block, pool=pool) if pool else program(block)
    (item,) = found(source)
    assert item.code == code
    assert says in item.message
    assert item.help


@pytest.mark.parametrize(
    ("gpu", "part"),
    [
        ("l4", ""),
        ("a100_80gb_sxm", "`share = mig("),
        ("h200_141gb_sxm", "`share = mig("),
    ],
)
@pytest.mark.parametrize("sla", [CHAT_SLA, "prefer p95 ttft <= 1s"])
def test_a_part_is_proposed_only_of_what_can_be_cut(gpu: str, part: str, sla: str) -> None:
    pool = f"nodes = 1; gpu = 4 * cat.gpu.nvidia.{gpu}"
    chat = service("c", LLM, load=PLAIN, sla=sla, more="share = time_slice(2)")
    (item,) = found(program(chat, pool=pool))
    assert part in item.help
    assert part or "mig" not in item.help
    assert part or "leave `share` out" in item.help
    for name in re.findall(r"`(share = mig\(.*?\))`", item.help):
        again = service("c", LLM, load=PLAIN, sla=sla, more=name)
        assert not found(program(again, pool=f"{pool}; partition = mig"))


def test_parts_of_one_pool_are_of_one_size_for_language_models() -> None:
    chat = service("chat", LLM, load=PLAIN, sla=CHAT_SLA, more='share = mig("3g.40gb")')
    (item,) = found(program(chat, service(), pool=CUT))
    assert item.code == "INF174"
    assert "`embed`" in item.message


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("kv_precision = fp8", "INF173"),
        ("max_num_seqs in 4..8", "INF173"),
        ("tensor_parallel = 2", "INF173"),
        ("acceptance = 80%", "INF173"),
        ("survives = node", "INF190"),
        ("goal = throughput", "INF190"),
        ("autoscale { signal = running }", "INF190"),
        ("scale { to_zero = true }", "INF190"),
        ("goal = cost; replicas = 2; engine = triton", None),
        ("autoscale { replicas in 1..2 }", None),
    ],
)
def test_what_nothing_of_a_network_looks_at_is_said(more: str, code: str | None) -> None:
    errors = [item.code for item in found(program(service(more=more)))]
    assert errors == ([] if code is None else [code])
