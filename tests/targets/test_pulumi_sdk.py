"""The table of the SDK's fields is that of the pinned SDK."""

import json
from importlib.metadata import version

import pytest
from support import pulumi

from inferc.targets import versions
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.pulumi import sdk
from inferc.targets.pulumi.component import render
from inferc.targets.pulumi.diagnostics import no_sdk_field
from inferc.targets.pulumi.grouping import Component


def test_the_table_is_that_of_the_sdk() -> None:
    message = "write it anew: cd tests && python -m support.pulumi"
    assert json.loads(pulumi.TABLE.read_text("utf-8")) == pulumi.introspect(), message


def test_the_pinned_releases_are_those_tested_with() -> None:
    assert versions.PULUMI.version == version("pulumi")
    assert versions.PULUMI_KUBERNETES.version == version("pulumi-kubernetes")
    assert versions.PULUMI_POLICY.version == version("pulumi-policy")


def test_every_kind_of_kubernetes_itself_is_native() -> None:
    own = set(sdk.NATIVE_KINDS.values())
    for kind, api in versions.API_VERSIONS.items():
        assert bool(sdk.class_of(api, kind)) == (api in own), kind


@pytest.mark.parametrize(
    ("owner", "field", "python", "kind", "is_list"),
    [
        ("core.v1.Service", "spec", "spec", "core.v1.ServiceSpec", False),
        ("core.v1.ServiceSpec", "clusterIP", "cluster_ip", "", False),
        ("core.v1.PodSpec", "containers", "containers", "core.v1.Container", True),
        ("apps.v1.DeploymentSpec", "selector", "selector", "meta.v1.LabelSelector", False),
        ("core.v1.ResourceRequirements", "limits", "limits", "", False),
    ],
)
def test_fields(owner: str, field: str, python: str, kind: str, is_list: bool) -> None:
    assert sdk.field_of(owner, field) == sdk.SdkField(python, kind, is_list=is_list)


def test_an_unknown_field_is_told() -> None:
    service = Manifest(
        api_version="v1",
        kind="Service",
        name="chat",
        namespace="llm",
        concern="workload",
        body={"spec": {"ports": [{"prot": 80}]}},
    )
    monitor = Manifest(
        api_version="monitoring.coreos.com/v1",
        kind="PodMonitor",
        name="chat",
        namespace="llm",
        concern="monitoring",
        body={"spec": {}, "data": {}},
    )
    component = Component(
        label="chat", module="chat", namespace="llm", manifests=(service, monitor)
    )
    missing = render(component).missing
    assert [(item.object, item.owner, item.field) for item in missing] == [
        ("Service/chat", "core.v1.ServicePort", "prot"),
        ("PodMonitor/chat", "apiextensions.CustomResource", "data"),
    ]


def test_what_is_said_about_an_unknown_field() -> None:
    found = no_sdk_field(
        object_="Service/chat", owner="core.v1.ServicePort", field="prot", sdk="pulumi-kubernetes 4"
    )
    assert found.code == "INF630"
    assert "`prot` of Service/chat" in found.message
    assert found.notes == ("`core.v1.ServicePort` of pulumi-kubernetes 4 does not know it",)
