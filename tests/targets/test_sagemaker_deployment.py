"""What is deployed on SageMaker: how each plan is hosted, and every number derived from it."""

import math
from dataclasses import replace

import pytest
from support import sagemaker

from inferc.targets.sagemaker import limits
from inferc.targets.sagemaker.alarms import alarms_of, unwatched
from inferc.targets.sagemaker.deployment import (
    ASYNCHRONOUS,
    COMPONENTS,
    VARIANT,
    Endpoint,
    _canary,
    execution_of,
    rolling_steps,
    startup_of,
)
from inferc.targets.sagemaker.images import (
    IMAGES,
    ami_for,
    domain,
    image_for,
    machines,
    partition,
    registry,
    uri,
)


def endpoint(options: dict[str, object] | None = None, **parts: str) -> Endpoint:
    (found,) = sagemaker.deployed(options, **parts).endpoints  # type: ignore[arg-type]  # as a file has them
    return found


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({}, VARIANT),
        (sagemaker.SHARED, COMPONENTS),
        (sagemaker.SHARED | {"tensor": "4"}, VARIANT),
        (sagemaker.ASLEEP, COMPONENTS),
        (sagemaker.QUEUE, ASYNCHRONOUS),
    ],
)
def test_whole_instances_have_variants_and_shared_ones_components(
    parts: dict[str, str], kind: str
) -> None:
    assert endpoint(**parts).kind == kind


def test_copies_share_an_instance_as_they_were_planned() -> None:
    one = endpoint(**sagemaker.SHARED)
    assert one.machine.gpus == 4
    assert one.copies == one.plan.configuration.replicas
    assert one.instances == math.ceil(one.copies / 2)
    assert 2 * one.copy_memory_mib <= one.machine.memory_mib * limits.HOST_MEMORY_SHARE
    assert one.scaling.dimension == "sagemaker:inference-component:DesiredCopyCount"
    assert one.scaling.maximum == one.plan.autoscale.max_replicas
    assert one.most_instances * 2 >= one.scaling.maximum, "there is room for all copies"


def test_a_variant_has_an_instance_for_each_replica() -> None:
    one = endpoint(rate="900 req/min")
    assert one.instances == one.plan.configuration.replicas > 1
    assert (one.scaling.minimum, one.scaling.maximum) == (
        one.plan.autoscale.min_replicas,
        one.plan.autoscale.max_replicas,
    )
    assert one.instances_during_update == 2 * one.most_instances


def test_the_scaler_holds_what_the_plan_holds_at_its_peak() -> None:
    one = endpoint(rate="900 req/min")
    assert one.scaling.target == math.floor(one.plan.estimate.concurrency)
    assert one.scaling.metric == "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    assert one.scaling.scale_in_s >= 300
    assert one.plan.cold is not None
    assert one.scaling.scale_out_s == math.ceil(one.plan.cold.start_s)


def test_a_queue_wakes_up_and_sleeps_as_long_as_the_file_says() -> None:
    one = endpoint(**sagemaker.QUEUE)
    assert (one.scaling.minimum, one.scaling.wakes) == (0, "HasBacklogWithoutCapacity")
    assert one.scaling.scale_in_s >= 15 * 60
    assert one.scaling.target > one.plan.autoscale.threshold, "those under way are counted too"
    assert one.max_concurrent == one.plan.configuration.max_num_seqs
    asleep = endpoint(**sagemaker.ASLEEP)
    assert (asleep.scaling.minimum, asleep.least_instances) == (0, 0)
    assert asleep.scaling.wakes == "NoCapacityInvocationFailures"


@pytest.mark.parametrize(
    ("instances", "percent", "canary"),
    [
        (1, 25, 0),
        (2, 25, 1),
        (3, 50, 1),
        (4, 25, 1),
        (8, 25, 2),
        (10, 50, 5),
        (8, 0, 0),
        (100, 1, 1),
    ],
)
def test_a_canary_is_never_more_than_half(instances: int, percent: int, canary: int) -> None:
    """CanarySize: at most half of the instances, and at least one."""
    assert _canary(instances, percent) == canary


def test_waits_are_within_what_sagemaker_allows() -> None:
    plan = endpoint().plan
    assert startup_of(replace(plan, load_time_s=1.0)) == 600
    assert startup_of(replace(plan, load_time_s=1000.0)) == 1500
    assert startup_of(replace(plan, load_time_s=3000.0)) == 3600


@pytest.mark.parametrize(
    ("copies", "steps"), [(1, 1), (2, 2), (4, 4), (5, 5), (7, 7), (8, 4), (11, 6), (16, 4)]
)
def test_each_step_of_a_rolling_update_has_its_time(copies: int, steps: int) -> None:
    """Every batch starts and is watched: one time for all would undo each update of many copies."""
    assert rolling_steps(copies) == steps
    assert execution_of(600, 900, steps) >= steps * (600 + 900)


@pytest.mark.parametrize("bake_s", [0, 600, 3600])
def test_no_rolling_update_is_watched_for_longer_than_it_may_take(bake_s: int) -> None:
    worst = max(rolling_steps(copies) for copies in range(1, 1000))
    assert worst * bake_s < execution_of(bake_s, 1500, worst) <= 28_800


def test_an_update_of_shared_instances_may_take_as_long_as_its_steps() -> None:
    one = endpoint({"bake": 900}, **sagemaker.SHARED, rate="900 req/min")
    assert one.kind == "components"
    steps = rolling_steps(max(one.copies, one.scaling.maximum))
    assert steps > 2
    assert one.rollout.execution_s >= steps * (900 + one.startup_s + one.download_s)


def test_an_older_revision_can_still_be_read() -> None:
    """What an update is undone to starts anew, from the weights of before."""
    assert endpoint().readable_prefix == "models/meta-llama/Llama-3.1-8B-Instruct/"
    assert endpoint().weights_prefix.startswith(endpoint().readable_prefix)


def test_the_price_is_that_of_all_instances_with_the_candidate() -> None:
    one = endpoint(rate="600 req/min", options={})
    assert one.usd_per_h == pytest.approx(one.instances * 2.6054)
    with_shadow = endpoint({"shadow": 50}, rate="600 req/min")
    assert with_shadow.shadow_instances == math.ceil(with_shadow.instances / 2)
    assert with_shadow.usd_per_h == pytest.approx(
        (with_shadow.instances + with_shadow.shadow_instances) * 2.6054
    )
    assert endpoint(instance="aws.p5_48xlarge", tensor="8").usd_per_h is None


def test_lines_that_sagemaker_can_see_have_alarms() -> None:
    one = endpoint(sla="p95 ttft <= 2s; p99 e2e <= 30s; prefer e2e <= 20s")
    found = {alarm.name: alarm for alarm in one.alarms}
    assert set(found) == {"e2e-p99", "e2e-mean-preferred", "failures"}
    assert (found["e2e-p99"].statistic, found["e2e-p99"].threshold) == ("p99", 30_000_000)
    assert found["e2e-p99"].metric == "ModelLatency", "in microseconds"
    assert found["e2e-mean-preferred"].statistic == "Average"
    assert [alarm.name for alarm in one.alarms if alarm.undoes] == ["e2e-p99", "failures"]
    assert [line.metric for line in unwatched(one.plan)] == ["ttft"]
    (late, _) = alarms_of(endpoint(**sagemaker.QUEUE).plan, ASYNCHRONOUS)
    assert (late.metric, late.threshold) == ("TotalProcessingTime", 600_000)


# ---- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "ends"),
    [
        ("ProductionVariantContainerStartupHealthCheckTimeoutInSeconds", limits.START_S),
        ("ProductionVariantModelDataDownloadTimeoutInSeconds", limits.START_S),
        ("MaximumExecutionTimeoutInSeconds", limits.EXECUTION_S),
        ("WaitIntervalInSeconds", limits.WAIT_S),
        ("MaxConcurrentInvocationsPerInstance", limits.CONCURRENT),
        ("EnvironmentValue", (0, limits.VARIABLE_BYTES)),
        ("EndpointName", (0, limits.NAME_LIMIT)),
    ],
)
def test_limits_are_those_of_the_api(shape: str, ends: tuple[int, int]) -> None:
    known = sagemaker.model("sagemaker")[shape]
    assert (known["min"], known["max"]) == ends


def test_names_are_as_the_api_wants_them() -> None:
    assert sagemaker.model("sagemaker")["EndpointName"]["pattern"] == limits.NAME
    assert sagemaker.model("sagemaker-runtime")["BodyBlob"]["max"] == 6 * 1024**2


def test_machines_are_those_of_the_api_and_their_accelerators_those_of_the_catalog() -> None:
    from inferc import stdlib

    known = sagemaker.model("sagemaker")["ProductionVariantInstanceType"]["enum"]
    assert set(machines()) <= set(known)
    for name in stdlib.names("catalog.instance.aws"):
        text = stdlib.read(f"catalog.instance.aws.{name}") or ""
        machine = machines().get(f"ml.{name.replace('_', '.')}")
        if machine is not None:
            count = 1 if "gpu    = cat." in text else machine.gpus
            assert machine.gpus == count
            assert f"vcpus  = {machine.vcpus}\n" in text
    assert all(machine.local_gb > 2 * machine.gpus for machine in machines().values())


@pytest.mark.parametrize(
    "image", IMAGES, ids=lambda image: f"{image.engine}-{image.engine_version}"
)
def test_images_are_pinned_and_their_flags_known(image: object) -> None:
    one = next(item for item in IMAGES if item is image)
    assert one.engine_version in one.tag
    assert "latest" not in one.tag
    assert one.release.flags
    assert image_for(one.engine, f"v{one.engine_version}") is one
    known = sagemaker.model("sagemaker")["ProductionVariantInferenceAmiVersion"]["enum"]
    assert ami_for(one.cuda) in known
    assert len(uri(one, "ap-southeast-5")) <= 255


def test_a_driver_is_new_enough_for_the_container() -> None:
    assert ami_for((12, 9)) == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert ami_for((12, 4)) == "al2-ami-sagemaker-inference-gpu-3-1"
    assert ami_for((12, 1)) == "al2-ami-sagemaker-inference-gpu-2-1"


@pytest.mark.parametrize(
    ("region", "account", "where", "suffix"),
    [
        ("us-east-1", "763104351884", "aws", "amazonaws.com"),
        ("eu-central-2", "380420809688", "aws", "amazonaws.com"),
        ("cn-north-1", "727897471807", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "442386744353", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_images_come_from_the_account_of_the_region(
    region: str, account: str, where: str, suffix: str
) -> None:
    assert (registry(region), partition(region), domain(region)) == (account, where, suffix)
    assert uri(IMAGES[0], region).startswith(f"{account}.dkr.ecr.{region}.{suffix}/vllm:0.11.2-")
    assert registry("mars-north-1") is None
