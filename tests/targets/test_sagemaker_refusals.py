"""What the SageMaker target refuses, with what to do; and its options."""

from dataclasses import replace

import pytest
from support import sagemaker, topologies

from inferc import api
from inferc.compiler.topology import Topology
from inferc.dsl import Severity, SourceFile
from inferc.targets.base import Emitted, Options
from inferc.targets.sagemaker.emitter import TARGET

HTTP = 'region = "us-east-1"'


def changed(topology: Topology, **changes: object) -> Topology:
    """Return a topology whose plans have ``changes``."""
    plans = tuple(replace(plan, **changes) for plan in topology.services)  # type: ignore[arg-type]  # its own fields
    return replace(topology, services=plans)


@pytest.mark.parametrize(
    ("parts", "options", "code", "words"),
    [
        ({"region": ""}, {}, "INF666", ("nothing says", "us-east-1")),
        ({"region": 'region = "mars-1"'}, {}, "INF666", ("mars-1", "eu-west-1")),
        ({"engine": "tgi"}, {}, "INF668", ("3.", "engine = vllm")),
        (
            sagemaker.QUEUE | {"instance": "aws.g6_12xlarge"},
            {},
            "INF669",
            ("1 of the 4", "g6.xlarge", "tensor_parallel = 4"),
        ),
        (sagemaker.SHARED, {"shadow": 10}, "INF672", ("share an instance",)),
        (sagemaker.QUEUE, {"shadow": 10}, "INF672", ("queue",)),
        (sagemaker.ASLEEP, {"shadow": 10}, "INF672", ("sleeps",)),
    ],
)
def test_what_cannot_be_is_refused_with_the_numbers_and_a_step(
    parts: dict[str, str], options: Options, code: str, words: tuple[str, ...]
) -> None:
    found = sagemaker.emitted(options, **parts)
    item = sagemaker.said(found, code)
    assert found.artifacts == ()
    said = " ".join((item.message, *item.notes, item.help))
    for word in words:
        assert word in said, said
    assert item.span is not None or options


def test_a_region_may_be_an_option() -> None:
    found = sagemaker.emitted({"region": "eu-west-1"}, region="")
    assert "763104351884.dkr.ecr.eu-west-1." in sagemaker.files(found)["plan.json"]


def test_accelerators_alone_do_not_say_which_machine() -> None:
    source = sagemaker.text().replace("instance = aws.g6e_xlarge", "gpu = cat.gpu.nvidia.l40s")
    (topology,) = api.draw(SourceFile("t.infer", source)).topologies
    item = sagemaker.said(TARGET.emit(topology, {}), "INF665")
    assert "g6e.xlarge" in item.notes[0]


def test_a_machine_that_sagemaker_has_not_is_refused() -> None:
    topology = sagemaker.topology()
    (plan,) = topology.services
    place = replace(plan.service.place, instance_type="g99.xlarge")
    other = changed(topology, service=replace(plan.service, place=place))
    assert "ml.g99.xlarge" in sagemaker.said(TARGET.emit(other, {}), "INF665").message


def test_a_start_that_takes_longer_than_an_hour_is_refused() -> None:
    late = TARGET.emit(changed(sagemaker.topology(), load_time_s=4000.0), {})
    assert sagemaker.said(late, "INF670").notes == ("need: 4000 s", "have: 3600 s")
    heavy = TARGET.emit(changed(sagemaker.topology(), weights_bytes=1e12), {})
    assert "weights from S3" in sagemaker.said(heavy, "INF670").message


@pytest.mark.parametrize("name", ["x" * 1025, "two\nlines", "tab\t", "nul\x00", "sep\u2028"])
def test_a_setting_that_no_variable_can_hold_is_refused(name: str) -> None:
    topology = sagemaker.topology()
    (plan,) = topology.services
    other = changed(topology, service=replace(plan.service, model_name=name))
    item = sagemaker.said(TARGET.emit(other, {}), "INF673")
    assert "SM_VLLM_SERVED_MODEL_NAME" in item.message


def test_answers_that_are_cut_off_are_a_warning() -> None:
    topology = sagemaker.topology()
    (plan,) = topology.services
    slow = changed(topology, estimate=replace(plan.estimate, e2e_s=75.0))
    found = TARGET.emit(slow, {})
    item = sagemaker.said(found, "INF674")
    assert item.severity is Severity.WARNING
    assert "75.0 s" in item.notes[0]
    assert found.artifacts


def test_one_program_is_of_one_region() -> None:
    one, other = sagemaker.topology(), sagemaker.topology(region='region = "us-west-2"')
    (second,) = other.services
    second = replace(second, service=replace(second.service, name="search"))
    both = replace(one, services=(*one.services, second))
    found = TARGET.emit(both, {})
    assert "us-east-1, us-west-2" in sagemaker.said(found, "INF667").message


@pytest.mark.parametrize(
    ("platform", "gpu", "title"),
    [
        ("azure_ml_online", "cat.gpu.nvidia.a100_80gb_pcie", "Azure ML"),
        ("vertex_ai", "cat.gpu.nvidia.l4", "Vertex AI"),
        ("cloud_run", "cat.gpu.nvidia.l4", "Google Cloud Run"),
    ],
)
def test_other_platforms_are_refused_by_name(platform: str, gpu: str, title: str) -> None:
    source = sagemaker.text(platform=platform).replace("instance = aws.g6e_xlarge", f"gpu = {gpu}")
    (topology,) = api.draw(SourceFile("t.infer", source)).topologies
    item = sagemaker.said(TARGET.emit(topology, {}), "INF601")
    assert title in item.message
    assert "nothing is emitted" in item.notes[0]
    assert "sagemaker_realtime" in item.help


def test_a_cluster_is_no_place_on_sagemaker() -> None:
    item = sagemaker.said(TARGET.emit(topologies.support_chat(), {}), "INF601")
    assert "no place on Amazon SageMaker" in item.message


NETWORK = """infer 1
import std.catalog as cat
topology search {
  serverless run { platform = PLATFORM; region = "us-east-1"; gpu = GPU; instances in 0..10 }
  service embed {
    model = cat.networks.baai.bge_m3
    on    = run
    load { rate = 1 req/s; shape = steady; input_tokens = dist(mean = 300 tok, p95 = 512 tok) }
    sla { p95 latency <= 5s }
  }
}
"""


@pytest.mark.parametrize(
    ("platform", "gpu", "words"),
    [
        ("sagemaker_serverless", "cat.cpu.intel.xeon_8380", ("have: 6144 MiB", "need: ")),
        ("sagemaker_realtime", "cat.gpu.nvidia.l4", ("no container of",)),
    ],
)
def test_a_network_is_refused_with_what_there_is(
    platform: str, gpu: str, words: tuple[str, ...]
) -> None:
    source = NETWORK.replace("PLATFORM", platform).replace("GPU", gpu)
    (topology,) = api.draw(SourceFile("t.infer", source)).topologies
    item = sagemaker.said(TARGET.emit(topology, {}), "INF601")
    said = " ".join((item.message, *item.notes))
    for word in words:
        assert word in said, said
    assert "kubernetes" in (item.help or "")


def test_what_sagemaker_has_no_accelerators_for_is_refused_while_it_is_planned() -> None:
    """Serverless endpoints: the limit, and by how much it is missed."""
    source = sagemaker.text(platform="sagemaker_serverless").replace(
        "instance = aws.g6e_xlarge", "gpu = cat.gpu.nvidia.l4"
    )
    (item,) = (
        one
        for one in api.plan(SourceFile("t.infer", source)).diagnostics
        if one.severity is Severity.ERROR
    )
    assert item.code == "INF430"
    assert "need 1, have 0" in item.notes
    assert "platform from Amazon SageMaker serverless endpoint to" in (item.help or "")


# ---- options -------------------------------------------------------------------------------------


def refused(options: Options) -> Emitted:
    return TARGET.emit(sagemaker.topology(), options)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"canari": 10}, "INF602"),
        ({"canary": 51}, "INF603"),
        ({"canary": 2.5}, "INF603"),
        ({"canary": True}, "INF603"),
        ({"shadow": -1}, "INF603"),
        ({"bake": 3601}, "INF603"),
        ({"vpc": "no"}, "INF603"),
        ({"registry": 1}, "INF603"),
        ({"region": 5}, "INF603"),
    ],
)
def test_options_are_checked(options: Options, code: str) -> None:
    assert sagemaker.codes(refused(options)) == [code]


def test_options_change_what_is_deployed() -> None:
    usual = sagemaker.deployed(rate="900 req/min")
    (one,) = sagemaker.deployed({"canary": 0, "bake": 60}, rate="900 req/min").endpoints
    assert usual.endpoints[0].rollout.canary_instances >= 1
    assert (one.rollout.canary_instances, one.rollout.bake_s) == (0, 60)
    without = sagemaker.files(sagemaker.emitted({"vpc": False}))
    assert "components/network.py" not in without
    assert "AWS::EC2::" not in without["cloudformation.json"]
