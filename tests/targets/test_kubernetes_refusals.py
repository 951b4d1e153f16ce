"""What the target cannot do is said before anything is emitted, with the next step."""

from dataclasses import replace

import pytest
from support import designs, topologies

from inferc.compiler.model import Cluster, Engine, Place
from inferc.compiler.model.catalog import engine_at
from inferc.compiler.plan import Cold, ServicePlan
from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.dsl import Severity
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects import build_objects, refuse
from inferc.targets.kubernetes.objects.releases import RELEASES, Release, release_of


def chat() -> ServicePlan:
    return topologies.support_chat().services[0]


def running(plan: ServicePlan) -> Topology:
    return replace(topologies.support_chat(), services=(plan,))


def on(place: Place) -> Topology:
    plan = chat()
    return running(replace(plan, service=replace(plan.service, place=place)))


def with_engine(**changes: object) -> Topology:
    plan = chat()
    engine = replace(plan.service.engines[0], **changes)
    return running(replace(plan, service=replace(plan.service, engines=(engine,))))


def with_repository(text: str, precision: str = "fp16") -> Topology:
    """Return a topology whose weights lie at ``owner/name@commit``."""
    plan = chat()
    repository, _, revision = text.partition("@")
    model = replace(plan.service.model, repository=repository, revision=revision)
    shape = replace(plan.configuration, precision=precision)
    service = replace(plan.service, model=model)
    return running(replace(plan, service=service, configuration=shape))


def cluster(name: str = "dc1", platform: str = "kubernetes", **settings: str) -> Cluster:
    return Cluster(
        name=name,
        platform=platform,
        namespace=settings.pop("namespace", ""),
        settings={key: exactly(value) for key, value in settings.items()},
        span=designs.NOWHERE,
    )


def in_cluster(where: Cluster, nodes: float = 1.0) -> Place:
    return replace(designs.a100_node(nodes=nodes), cluster=where)


def several_clusters() -> Topology:
    base = topologies.two_services()
    first, second = base.services
    moved = replace(second.service, place=in_cluster(cluster("dc2")))
    return replace(base, services=(first, replace(second, service=moved)))


def called(name: str) -> Topology:
    """Return two services, `chat` under another name, and `tagger`."""
    base = topologies.two_services()
    first, second = base.services
    renamed = replace(first, service=replace(first.service, deployed_name=name))
    return replace(base, services=(renamed, second))


def amd() -> Topology:
    place = designs.a100_node()
    other = replace(place.accelerator, vendor="amd", title="AMD MI300X", product_label="")
    return on(replace(place, accelerator=other))


def old_group() -> Topology:
    """Return a replica on two nodes, on a release without flags for that."""
    (plan,) = topologies.pipelined().services
    engine = replace(plan.service.engines[0], version="0.11.0")
    return running(replace(plan, service=replace(plan.service, engines=(engine,))))


def rdma_group() -> Topology:
    """Return a replica on two nodes that InfiniBand joins."""
    (plan,) = topologies.pipelined().services
    network = replace(
        plan.service.place.network, id="link.infiniband_400g", title="InfiniBand NDR 400 Gbit/s"
    )
    place = replace(plan.service.place, network=network)
    return running(replace(plan, service=replace(plan.service, place=place)))


def unknown_vendor() -> Topology:
    place = designs.a100_node()
    return on(replace(place, accelerator=replace(place.accelerator, vendor="broadcom")))


def unknown_engine() -> Topology:
    plan = chat()
    return running(replace(plan, configuration=replace(plan.configuration, engine="none_of_these")))


def with_label(label: str) -> Topology:
    place = designs.a100_node()
    return on(replace(place, accelerator=replace(place.accelerator, product_label=label)))


def other_engine() -> Topology:
    plan = with_engine(id="engine.other").services[0]
    return running(replace(plan, configuration=replace(plan.configuration, engine="other")))


FLAGS = designs.vllm().flags
WRONG_FLAGS = {**FLAGS, "tensor_parallel": "--tensor-paralel-size"}

REFUSED = (
    ("INF601", topologies.one_board(), {}, "device outside any cluster"),
    ("INF601", on(in_cluster(cluster(platform="slurm"))), {}, "the platform of `dc1` is `slurm`"),
    ("INF601", unknown_vendor(), {}, "no device plugin offers NVIDIA A100 80GB SXM"),
    ("INF601", amd(), {}, "built for nvidia only"),
    ("INF601", unknown_engine(), {}, "its engine `none_of_these` is not known"),
    ("INF602", topologies.support_chat(), {"namespce": "llm"}, "no option `namespce`"),
    ("INF603", topologies.support_chat(), {"scaler": "cron"}, "cannot be `cron`"),
    ("INF603", topologies.support_chat(), {"scaler": 3.0}, "cannot be `3.0`"),
    ("INF603", topologies.support_chat(), {"create_namespace": "no"}, "cannot be `no`"),
    ("INF603", topologies.support_chat(), {"node_cidr": "10.0.0.1/16"}, "`10.0.0.1/16`"),
    ("INF603", topologies.support_chat(), {"hf_token_secret": "a b"}, "cannot be `a b`"),
    ("INF603", topologies.support_chat(), {"monitoring_namespace": "Mon"}, "cannot be `Mon`"),
    ("INF604", old_group(), {}, "vLLM 0.11.0 cannot be started on several nodes"),
    ("INF618", rdma_group(), {}, "InfiniBand NDR 400 Gbit/s"),
    ("INF605", with_engine(version="0.9.9"), {}, "flags of vLLM 0.9.9"),
    ("INF605", other_engine(), {}, "are not known"),
    ("INF606", with_engine(flags=WRONG_FLAGS), {}, "no flag `--tensor-paralel-size`"),
    ("INF607", with_engine(metrics={"running": "x"}), {}, "nothing measures `waiting`"),
    ("INF608", with_repository(""), {}, "no repository is named"),
    ("INF608", with_repository("--quiet"), {}, "`--quiet` is no repository"),
    ("INF608", with_repository("a/b@--token"), {}, "`--token` is no revision"),
    ("INF608", with_repository("a/b c"), {}, "is no repository"),
    ("INF608", with_repository("https://hub/a/b"), {}, "is no repository"),
    ("INF609", topologies.support_chat(), {"namespace": "Support Chat"}, "`Support Chat`"),
    ("INF609", on(in_cluster(cluster(namespace="a_b"))), {}, "`a_b` cannot be the name"),
    ("INF612", several_clusters(), {}, "run on several clusters"),
    ("INF613", on(in_cluster(cluster(access_mode="read_only_many"))), {}, "only read"),
    ("INF616", on(in_cluster(cluster(release_label="a b"))), {}, "`release_label`"),
    ("INF616", on(in_cluster(cluster(release_label="x" * 64))), {}, "`release_label`"),
    ("INF616", on(in_cluster(cluster(gateway_namespace="Edge"))), {}, "`gateway_namespace`"),
    ("INF616", on(in_cluster(cluster(storage_class="fast disk"))), {}, "`storage_class`"),
    ("INF616", on(in_cluster(cluster(prometheus="prom:9090"))), {}, "`prometheus`"),
    ("INF616", on(in_cluster(cluster(image_registry="https://m"))), {}, "`image_registry`"),
    ("INF616", with_label("A100 80GB"), {}, "`product_label`"),
    ("INF616", called("chat_api"), {}, "`name of service chat` cannot be `chat_api`"),
    ("INF616", called("Chat: {{ x }}"), {}, "`name of service chat`"),
    ("INF616", called("tagger"), {}, "`name of service tagger` cannot be `tagger`"),
    ("INF616", with_engine(port=70000), {}, "`port` cannot be `70000`"),
    ("INF616", with_engine(health_path="health"), {}, "`health_path`"),
    ("INF614", on(in_cluster(cluster(access_mode="read_write_once"), 2.0)), {}, "cannot all mount"),
)


@pytest.mark.parametrize(
    ("code", "topology", "options", "text"),
    REFUSED,
    ids=[f"{code}-{number}" for number, (code, *_) in enumerate(REFUSED)],
)
def test_a_refusal_says_what_and_what_to_do(
    code: str, topology: Topology, options: dict, text: str
):
    emitted = TARGET.emit(topology, options)
    assert emitted.artifacts == ()
    found = [item for item in emitted.diagnostics if item.severity is Severity.ERROR]
    assert [item.code for item in found] == [code]
    assert text in found[0].message
    assert found[0].help


def test_a_bad_namespace_is_shown_where_it_is_stated():
    topology = on(in_cluster(cluster(namespace="a_b")))
    (found,) = (item for item in refuse(topology, {}) if item.code == "INF609")
    place = topology.services[0].service.place.cluster
    assert place is not None
    assert found.span is place.span


def test_a_service_is_deployed_under_the_name_that_it_asks_for():
    topology = called("chat-api")
    assert {item.code for item in refuse(topology, {})} <= {"INF610", "INF615"}
    text = str([manifest.document() for manifest in build_objects(topology, {})])
    assert "'chat-api'" in text
    assert "'chat'" not in text
    assert TARGET.emit(topology, {}).artifacts


def test_a_misspelt_option_gets_a_suggestion():
    (found,) = refuse(topologies.support_chat(), {"namespce": "llm"})[:1]
    assert found.help == "did you mean `namespace`?"
    (found,) = refuse(topologies.support_chat(), {"colour": "red"})[:1]
    assert found.help == "remove it"


def test_an_engine_under_another_name_is_told_by_which_it_is_known():
    engine = replace(chat().service.engines[0], id="vllm_new", version="0.33.0")
    shape = replace(chat().configuration, engine="vllm_new")
    service = replace(chat().service, engines=(engine,))
    renamed = running(replace(chat(), service=service, configuration=shape))
    (found,) = (item for item in refuse(renamed, {}) if item.code == "INF605")
    assert "`engine vllm extends cat.engine.vllm`" in found.help


def test_a_misspelt_flag_gets_a_suggestion():
    found = refuse(with_engine(flags=WRONG_FLAGS), {})
    assert "did you mean `--tensor-parallel-size`?" in found[0].help


def test_several_mistakes_are_reported_in_one_run():
    options = {"namespce": "llm", "scaler": "cron"}
    found = refuse(old_group(), options)
    codes = [item.code for item in found if item.severity is Severity.ERROR]
    assert codes == ["INF602", "INF603", "INF604"]


def test_without_a_scaler_no_metric_is_needed():
    codes = {item.code for item in refuse(with_engine(metrics={}), {"scaler": "none"})}
    assert "INF607" not in codes


def test_amd_runs_an_image_that_is_not_known_to_be_for_others():
    plan = amd().services[0]
    engine = replace(plan.service.engines[0], image="example/vllm-rocm:v0.11.0")
    topology = running(replace(plan, service=replace(plan.service, engines=(engine,))))
    assert not refuse(topology, {})
    text = str([manifest.document() for manifest in build_objects(topology, {})])
    assert "amd.com/gpu" in text
    assert "nvidia.com" not in text


def with_image(image: str) -> Topology:
    plan = with_repository("a/b@0123abc").services[0]
    engine = replace(plan.service.engines[0], image=image)
    return running(replace(plan, service=replace(plan.service, engines=(engine,))))


NOTED = (
    (with_image("a/b"), {"INF615"}),
    (with_image("a/b:latest"), {"INF615"}),
    (with_image("host:5000/a/b"), {"INF615"}),
    (with_image("host:5000/a/b:v0.11.2"), set()),
    (with_image("a/b@sha256:" + "0" * 64), set()),
    (with_repository("a/b"), {"INF610"}),
    (with_repository("a/b@0123abc"), set()),
    (with_repository("a/b@0123abc", "fp8"), set()),
    (with_repository("a/b@0123abc", "int4"), {"INF611"}),
    (with_repository("a/b-int4@0123abc", "int4"), set()),
)


@pytest.mark.parametrize(("topology", "codes"), NOTED)
def test_a_note_stops_nothing(topology: Topology, codes: set[str]):
    emitted = TARGET.emit(topology, {})
    assert emitted.artifacts
    assert {item.code for item in emitted.diagnostics} == codes
    assert Severity.ERROR not in {item.severity for item in emitted.diagnostics}


def test_every_known_release_has_the_flags_of_the_plan():
    for (name, version), release in RELEASES.items():
        profile = engine_at(f"engine.{name}")
        assert profile is not None
        engine: Engine = replace(profile, version=version)
        assert release_of(engine) is release
        planned = {flag for key, flag in engine.flags.items() if key != "model"}
        assert {flag.replace("--no-", "--", 1) for flag in planned} <= release.flags
        assert all(flag.startswith("--") for flag in release.flags)
        assert not release.drain_flag or release.drain_flag in release.flags
        assert release.model_flag in {"", engine.flags["model"]}
        assert {word.partition("=")[0] for word in release.always} <= release.flags


def test_the_release_that_the_catalog_names_is_known():
    for name in {name for name, _ in RELEASES}:
        profile = engine_at(f"engine.{name}")
        assert profile is not None
        assert release_of(profile) is not None, name


def test_releases_differ_as_their_packages_do():
    older: Release = RELEASES["vllm", "0.11.0"]
    newer: Release = RELEASES["vllm", "0.11.2"]
    assert older.flags - newer.flags == {"--enable-lora-bias", "--rope-scaling", "--rope-theta"}
    newest: Release = RELEASES["vllm", "0.33.0"]
    assert "--shutdown-timeout" not in older.flags | newer.flags
    assert "--shutdown-timeout" in newest.flags
    assert "--swap-space" in newer.flags - newest.flags
    assert "--model" not in older.flags | newer.flags | newest.flags


def test_a_wrong_option_is_shown_where_it_is_written():
    topology = topologies.support_chat(scaler="cron")
    (emission,) = topology.emissions
    (found, *_) = refuse(topology, emission.options)
    assert (found.code, found.span) == ("INF603", emission.span)


def test_a_service_that_sleeps_in_the_plan_is_kept_awake_and_that_is_said():
    plan = chat()
    cold = Cold(start_s=90.0, low_s=60.0, high_s=120.0, parts=(), sleeps=True, sleep_s=600.0)
    sleepy = replace(plan, cold=cold, autoscale=replace(plan.autoscale, min_replicas=0))
    found = [item for item in refuse(running(sleepy), {}) if item.code == "INF624"]
    assert [item.severity for item in found] == [Severity.WARNING]
    manifests = build_objects(running(sleepy), {})
    (scaled,) = (one for one in manifests if one.kind == "ScaledObject")
    assert scaled.document()["spec"]["minReplicaCount"] == 1
