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
