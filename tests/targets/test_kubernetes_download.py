"""How weights come into the cluster: what is fetched, where to, who may write there."""

from dataclasses import replace

from support import topologies
from support.kubernetes import engine, objects, one, pod, with_service, with_settings

from inferc.compiler.topology import Topology


def pinned(commit: str) -> Topology:
    base = topologies.support_chat()
    model = base.services[0].service.model
    return with_service(base, model=replace(model, revision=commit))


def test_the_download_and_the_engine_agree_on_the_folder():
    topology = pinned("abc123")
    job = one(objects(topology), "Job")
    fetch = job["spec"]["template"]["spec"]["containers"][0]
    folder = engine(topology)["args"][0]
    assert f"--local-dir={folder}" in fetch["args"]
    assert "--revision=abc123" in fetch["args"]
    assert {"name": "DIRECTORY", "value": folder} in fetch["env"]
    assert {"name": "DIRECTORY", "value": folder} in pod(topology)["initContainers"][0]["env"]


def test_a_job_has_another_name_exactly_when_its_template_differs():
    first, same, other = (
        one(objects(topology), "Job") for topology in (pinned("a"), pinned("a"), pinned("b"))
    )
    assert first == same
    assert first["metadata"]["name"] != other["metadata"]["name"]
    assert first["spec"]["template"] != other["spec"]["template"]
    mirrored = with_settings(pinned("a"), image_registry="mirror.example:5000")
    assert one(objects(mirrored), "Job")["metadata"]["name"] != first["metadata"]["name"]


def place(**changes: object) -> Topology:
    base = pinned("a")
    return with_service(base, place=replace(base.services[0].service.place, **changes))


def larger() -> Topology:
    base = pinned("a")
    plans = (replace(base.services[0], weights_bytes=3e11),)
    return replace(base, services=plans)


def test_a_volume_that_cannot_become_another_has_another_name():
    """Neither modes nor class of a claim can be changed, nor can it shrink."""
    node = pinned("a").services[0].service.place.nodes
    every = [
        pinned("a"),
        pinned("b"),
        larger(),
        place(nodes=replace(node, value=2.0)),
        with_settings(pinned("a"), storage_class="fast"),
        with_settings(pinned("a"), access_mode="read_write_many", storage_class="fast"),
    ]
    claims = [one(objects(topology), "PersistentVolumeClaim") for topology in every]
    assert len({claim["metadata"]["name"] for claim in claims}) == len(every)
    for topology, claim in zip(every, claims, strict=True):
        name = claim["metadata"]["name"]
        used = [pod(topology), one(objects(topology), "Job")["spec"]["template"]["spec"]]
        for spec in used:
            (volume,) = (item for item in spec["volumes"] if "persistentVolumeClaim" in item)
            assert volume["persistentVolumeClaim"]["claimName"] == name


def test_a_volume_that_one_node_holds_does_not_move_with_its_service():
    """Else the download on the new node waits for it until the last replica on the old one goes."""
    gpu = pinned("a").services[0].service.place.accelerator
    labels = (gpu.product_label, "NVIDIA-H100-80GB-HBM3")
    moved = [place(accelerator=replace(gpu, product_label=label)) for label in labels]
    claims = [one(objects(topology), "PersistentVolumeClaim") for topology in moved]
    assert [claim["spec"]["accessModes"] for claim in claims] == [["ReadWriteOnce"]] * 2
    assert claims[0]["metadata"]["name"] != claims[1]["metadata"]["name"]
    every = [with_settings(each, access_mode="read_write_many") for each in moved]
    names = {one(objects(each), "PersistentVolumeClaim")["metadata"]["name"] for each in every}
    assert len(names) == 1


def test_a_changed_plan_keeps_its_volume():
    base = pinned("a")
    (plan,) = base.services
    shape = replace(plan.configuration, max_num_seqs=7, replicas=1)
    other = replace(base, services=(replace(plan, configuration=shape),))
    claims = [one(objects(topology), "PersistentVolumeClaim") for topology in (base, other)]
    assert claims[0] == claims[1]


def test_another_revision_lies_in_another_folder():
    folders = {engine(pinned(commit))["args"][0] for commit in ("a", "b")}
    assert len(folders) == 2


def test_the_download_uses_flags_that_its_tool_has():
    from inferc.targets.kubernetes.objects.releases import HF_DOWNLOAD_FLAGS

    args = one(objects(pinned("a")), "Job")["spec"]["template"]["spec"]["containers"][0]["args"]
    used = {word.partition("=")[0] for word in args if word.startswith("--")}
    assert used == {"--revision", "--local-dir", "--exclude"}
    assert used <= HF_DOWNLOAD_FLAGS


def test_weights_are_writable_for_the_download_only():
    manifests = objects(topologies.support_chat())

    def mounts(kind: str) -> list[dict]:
        spec = one(manifests, kind)["spec"]["template"]["spec"]
        every = [*spec.get("initContainers", []), *spec["containers"]]
        return [m for c in every for m in c["volumeMounts"] if m["name"] == "weights"]

    assert all(mount["readOnly"] for mount in mounts("Deployment"))
    assert not any(mount.get("readOnly") for mount in mounts("Job"))


def test_the_engine_stays_off_the_network_and_writes_to_its_own_volume():
    container = engine(topologies.support_chat())
    values = {item["name"]: item["value"] for item in container["env"]}
    assert values["HF_HUB_OFFLINE"] == "1"
    writable = [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")]
    for name in ("HF_HOME", "HOME", "VLLM_CACHE_ROOT", "TRITON_CACHE_DIR", "XDG_CACHE_HOME"):
        assert values[name].startswith(tuple(writable)), name
