"""Any text in the user's file becomes names that the API server takes, and only ever data."""

import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import topologies
from support.kubernetes import native_problems, objects, one

from inferc.compiler.topology import Topology
from inferc.dsl.source import SourceFile, Span
from inferc.targets import to_yaml
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.kubernetes.objects.names import LABEL_LIMIT, dns_label
from inferc.targets.versions import KUBERNETES

VALID = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.text(alphabet="abcXYZ019_-. \n\"'{}:#&*$()`<>|\\/", max_size=90),
)
IDENTIFIERS = st.from_regex(r"[a-z_][a-z0-9_]{0,70}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "suffixes", "expected"),
    [
        ("chat", (), "chat"),
        ("support_chat", (), "support-chat"),
        ("chat", ("weights",), "chat-weights"),
        ("a" * 63, (), "a" * 63),
        ("llama-3-70b", (), "llama-3-70b"),
    ],
)
def test_a_valid_name_keeps_its_spelling(text: str, suffixes: tuple[str, ...], expected: str):
    assert dns_label(text, *suffixes) == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Chat", r"chat-[0-9a-f]{8}"),
        ("70b", r"x-70b-[0-9a-f]{8}"),
        ("_chat", r"chat-[0-9a-f]{8}"),
        ("chat_", r"chat-[0-9a-f]{8}"),
        ("über", r"ber-[0-9a-f]{8}"),
        ("日本", r"x-[0-9a-f]{8}"),
        ("", r"x-[0-9a-f]{8}"),
        ("a" * 64, r"a{54}-[0-9a-f]{8}"),
    ],
)
def test_any_other_text_gains_a_digest(text: str, pattern: str):
    assert re.fullmatch(pattern, dns_label(text))


@given(HOSTILE, st.lists(st.sampled_from(["weights", "prefetch", "0123456789"]), max_size=2))
@settings(deadline=None, max_examples=500)
def test_every_text_becomes_a_valid_name(text: str, suffixes: list[str]):
    name = dns_label(text, *suffixes)
    assert VALID.fullmatch(name)
    assert len(name) <= LABEL_LIMIT
    assert name.endswith("".join(f"-{suffix}" for suffix in suffixes))


@given(st.lists(st.one_of(IDENTIFIERS, HOSTILE), min_size=2, max_size=20, unique=True))
@settings(deadline=None, max_examples=200)
def test_two_texts_never_get_one_name(texts: list[str]):
    plain = {text for text in texts if "-" not in text}  # names of the language have no hyphen
    assert len({dns_label(text) for text in plain}) == len(plain)


def hostile_topology(topology: str, service: str, model: str, line: str) -> Topology:
    base = topologies.support_chat()
    (plan,) = base.services
    source = SourceFile("hostile.infer", line)
    objective = replace(plan.service.objectives[0], span=Span(source, 0, len(line)))
    changed = replace(plan.service, name=service, model_name=model, objectives=(objective,))
    return replace(base, name=topology, services=(replace(plan, service=changed),))


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@settings(deadline=None, max_examples=8)
def test_hostile_texts_end_up_as_data(topology: str, service: str, model: str, line: str):
    end_up_as_data(topology, service, model, line)


@pytest.mark.slow
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@settings(deadline=None, max_examples=100)
def test_many_hostile_texts_end_up_as_data(topology: str, service: str, model: str, line: str):
    end_up_as_data(topology, service, model, line)


def end_up_as_data(topology: str, service: str, model: str, line: str) -> None:
    hostile = hostile_topology(topology, service, model, line)
    manifests = objects(hostile)
    assert check(manifests, hostile, {}) == ()
    deployment = one(manifests, "Deployment")
    assert native_problems(deployment, KUBERNETES.version) == []
    args = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--served-model-name={model.replace('$(', '$$(')}" in args
    for artifact in TARGET.emit(hostile, {}).artifacts:
        if artifact.path.endswith(".yaml") and artifact.path[0].isdigit():
            read = list(yaml.safe_load_all(artifact.content))
            ours = [manifest.document() for manifest in manifests]
            assert all(document in ours for document in read)


def test_variables_of_the_kubelet_are_not_expanded():
    manifests = objects(hostile_topology("t", "s", "$(HF_TOKEN)", ""))
    text = to_yaml.dump(one(manifests, "Deployment"))
    assert "--served-model-name=$$(HF_TOKEN)" in text


def test_names_stay_short_where_parts_are_long():
    manifests = objects(hostile_topology("t" * 200, "s" * 200, "m", ""))
    assert max(len(manifest.name) for manifest in manifests) <= LABEL_LIMIT
    assert {manifest.namespace for manifest in manifests} == {"", dns_label("t" * 200)}
