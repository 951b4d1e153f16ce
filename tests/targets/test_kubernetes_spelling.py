"""Decisions that engines spell in their own ways: each on the command line, or refused."""

from dataclasses import replace

import pytest
from support import topologies
from support.kubernetes import engine, objects, with_service
from support.problems import pin

from inferc.compiler.perf.values import Configuration, Speculation
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects import refuse
from inferc.targets.kubernetes.objects.releases import release_of


def deciding(name: str, *, asked: str = "", **changes: object) -> Topology:
    """Return a topology with one service whose plan decides so, on an engine of that name."""
    topology = topologies.with_engine(name) if name != "vllm" else topologies.support_chat()
    (plan,) = topology.services
    configuration = replace(plan.configuration, **changes)  # type: ignore[arg-type]
    decisions = (*plan.service.decisions, *([pin(asked, "x")] if asked else []))
    service = replace(plan.service, decisions=decisions)
    plan = replace(plan, configuration=configuration, service=service)
    return replace(topology, services=(plan,))


def guesses(kind: str, tokens: int = 3) -> Speculation:
    return Speculation(kind=kind, tokens=tokens, accepted=1.2, acceptance=0.6)


SPELLED = [
    ("vllm", {"kv_precision": "fp8"}, {"--kv-cache-dtype=fp8"}),
    ("sglang", {"kv_precision": "fp8"}, {"--kv-cache-dtype=fp8_e4m3"}),
    ("vllm", {"expert_parallel": 4}, {"--enable-expert-parallel", "--tensor-parallel-size=4"}),
    ("sglang", {"expert_parallel": 4}, {"--expert-parallel-size=4"}),
    (
        "vllm",
        {"attention_data_parallel": 4, "expert_parallel": 4},
        {
            "--tensor-parallel-size=1",
            "--data-parallel-size=4",
            "--enable-expert-parallel",
            "--max-num-seqs=64",
            "--max-num-batched-tokens=512",
        },
    ),
    (
        "sglang",
        {"attention_data_parallel": 2},
        {
            "--tensor-parallel-size=4",
            "--data-parallel-size=2",
            "--enable-dp-attention",
            "--max-running-requests=256",
        },
    ),
    (
        "vllm",
        {"speculation": guesses("ngram")},
        {
            (
                '--speculative-config={"method":"ngram","num_speculative_tokens":3,'
                '"prompt_lookup_max":4}'
            )
        },
    ),
    (
        "vllm",
        {"speculation": guesses("mtp", 1)},
        {'--speculative-config={"method":"mtp","num_speculative_tokens":1}'},
    ),
    (
        "sglang",
        {"speculation": guesses("mtp")},
        {
            "--speculative-algorithm=EAGLE",
            "--speculative-num-steps=3",
            "--speculative-eagle-topk=1",
            "--speculative-num-draft-tokens=4",
        },
    ),
]


def shown(value: object) -> str:
    """Return the name of a case, the same in each process that collects the tests."""
    return str(sorted(value) if isinstance(value, set) else value)[:32]


@pytest.mark.parametrize(("name", "changes", "expected"), SPELLED, ids=shown)
def test_a_decision_is_spelled_as_its_engine_has_it(
    name: str, changes: dict[str, object], expected: set[str]
) -> None:
    topology = deciding(name, **changes)
    words = set(engine(topology)["args"])
    assert expected <= words
    (plan,) = topology.services
    chosen = plan.engine
    assert chosen is not None
    release = release_of(chosen)
    assert release is not None
    flags = {word.partition("=")[0] for word in words if word.startswith("--")}
    always = {word.partition("=")[0] for word in release.always}
    assert flags - always - {release.model_flag} <= release.flags


REFUSED = [
    ("vllm", {"kv_precision": "int8"}, "kv_precision"),
    ("vllm", {"expert_parallel": 2}, "expert_parallel"),
    ("vllm", {"speculation": guesses("eagle")}, "speculation"),
    ("sglang", {"speculation": guesses("draft")}, "speculation"),
    ("vllm", {"asked": "routing", "routing": "least_outstanding"}, "routing"),
    ("vllm", {"asked": "kv_precision", "kv_precision": "bf16"}, "kv_precision"),
]


@pytest.mark.parametrize(("name", "changes", "field"), REFUSED, ids=shown)
def test_a_decision_without_a_flag_is_refused(
    name: str, changes: dict[str, object], field: str
) -> None:
    found = refuse(deciding(name, **changes), {})  # type: ignore[arg-type]
    (said,) = [item for item in found if item.code == "INF617"]
    assert said.message.startswith(f"`{field} = ")
    assert said.notes
    assert said.help


@pytest.mark.parametrize(
    ("name", "repository", "precision", "fits"),
    [
        ("vllm", "google/gemma-2-9b-it", "fp16", False),
        ("vllm", "google/gemma-3-27b-it", "fp16", False),
        ("vllm", "google/gemma-2-9b-it", "bf16", True),
        ("sglang", "google/gemma-2-9b-it", "fp16", True),
        ("vllm", "google/gemma-7b", "fp16", True),
        ("vllm", "zai-org/GLM-4.5-Air", "fp16", True),
    ],
)
def test_a_model_that_overflows_in_fp16_is_not_started_in_it(
    name: str, repository: str, precision: str, fits: bool
) -> None:
    topology = deciding(name, precision=precision, kv_precision=precision)
    model = replace(topology.services[0].service.model, repository=repository)
    found = refuse(with_service(topology, model=model), {})
    said = [item.message for item in found if item.code == "INF617"]
    assert said == [] if fits else said[0].startswith("`precision = fp16` of ")


def test_an_accelerator_without_bf16_is_not_started_in_it() -> None:
    topology = deciding("vllm", precision="bf16", kv_precision="bf16")
    assert [item for item in refuse(topology, {}) if item.code == "INF617"] == []
    place = topology.services[0].service.place
    peaks = {name: one for name, one in place.accelerator.flop_per_s.items() if name != "bf16"}
    older = replace(place, accelerator=replace(place.accelerator, flop_per_s=peaks))
    (said,) = refuse(with_service(topology, place=older), {})
    assert (said.code, "does not start in bf16" in said.notes[0]) == ("INF617", True)


def test_replicas_of_two_kinds_are_refused() -> None:
    topology = topologies.support_chat()
    prompts = replace(topology.services[0].configuration, replicas=1)
    found = refuse(deciding("vllm", prefill=prompts), {})
    assert [item.slug for item in found if item.code == "INF617"] == ["decision-has-no-flag"]


def test_advice_on_routing_is_no_refusal() -> None:
    """Without a line about it the plan holds however requests are dealt out."""
    topology = deciding("vllm", routing="least_outstanding")
    assert objects(topology)
    assert isinstance(topology.services[0].configuration, Configuration)
