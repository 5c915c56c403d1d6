from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from check_endpoint import health_check
from check_endpoint.health_check import timed_out
from model_packager.error_message import Remedy
from model_packager.names.endpoint import resource_name
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.spec.deploy_spec import parse_deploy_spec
from tests.unit.functions.samples import (
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    LATER,
    OLDER,
    VERSION,
    signature,
    tensor,
)
from workflow.aws.clients import logs
from workflow.errors import (
    CapacityShort,
    EndpointFailed,
    EndpointRolledBack,
    EndpointTimedOut,
    SupersededDrop,
)
from workflow.failures.diagnosis import NEVER_RAN, NO_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from model_packager.stored import Deployment

REASON = "The primary container for production variant primary did not pass the ping health check."
OLDER_CONFIG = resource_name(ENDPOINT, OLDER)
ASSUMED = signature(
    outputs=(tensor("OUTPUT__0", -1, assumed=True), tensor("OUTPUT__1", -1, assumed=True))
)
LONG_AGO = "20200101T000000Z-3f9a1c2b"  # before any container started


def of(version: str) -> Deployment:
    return DEPLOYMENT.model_copy(update={"version": version})


def is_ready(
    endpoint: DescribeEndpointOutputTypeDef, deployment: Deployment, **options: bool
) -> bool:
    return health_check.is_ready(endpoint, deployment, ASSUMED, **options)


def described(
    status: str, live: str = CONFIG, reason: str | None = None, *, seconds: float = 60
) -> DescribeEndpointOutputTypeDef:
    """Describe an endpoint that has had its status for this many seconds."""
    found = {
        "EndpointName": ENDPOINT,
        "EndpointStatus": status,
        "EndpointConfigName": live,
        "LastModifiedTime": datetime.now(UTC) - timedelta(seconds=seconds),
    }
    if reason:
        found["FailureReason"] = reason
    return cast("DescribeEndpointOutputTypeDef", found)


def test_in_service_on_the_config_is_ready() -> None:
    assert is_ready(described("InService"), DEPLOYMENT)


@pytest.mark.parametrize("live", [CONFIG, OLDER_CONFIG])
@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_endpoint_in_transition_is_not_ready(status: str, live: str) -> None:
    assert not is_ready(described(status, live), DEPLOYMENT)


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed"])
def test_failed_endpoint_has_sagemakers_reason(aws: None, status: str) -> None:
    with pytest.raises(EndpointFailed) as caught:
        is_ready(described(status, reason=REASON), DEPLOYMENT)
    assert caught.value.cause == NEVER_RAN.cause
    says = f"{ENDPOINT} is {status} with {CONFIG}. SageMaker reports: {REASON}"
    assert caught.value.evidence == says
    assert caught.value.remedy is Remedy.CORRECT_SPEC
    assert caught.value.fix.startswith(NEVER_RAN.fix)
    assert log_group(ENDPOINT) in caught.value.fix


def test_failed_warm_up_names_the_setting(aws: None) -> None:
    reason = "Invalid argument: failed to run warmup sample 'batch of 1': division by zero"
    with pytest.raises(EndpointFailed) as caught:
        is_ready(described("Failed", reason=reason), DEPLOYMENT)
    assert "`model_warmup: false`" in caught.value.fix


def test_failure_without_a_reason(aws: None) -> None:
    with pytest.raises(EndpointFailed, match="SageMaker reports: no reason"):
        is_ready(described("Failed"), DEPLOYMENT)


@pytest.mark.parametrize("live", [OLDER_CONFIG, "made-by-hand"])
def test_in_service_on_the_previous_config_is_a_silent_rollback(aws: None, live: str) -> None:
    with pytest.raises(EndpointRolledBack) as caught:
        is_ready(described("InService", live, REASON), DEPLOYMENT)
    assert caught.value.cause == NEVER_RAN.cause
    assert caught.value.evidence.startswith(f"{ENDPOINT} is InService with {live}. ")
    assert caught.value.evidence.endswith(REASON)


def test_in_service_on_a_later_config_is_superseded() -> None:
    later = resource_name(ENDPOINT, LATER)
    with pytest.raises(SupersededDrop, match=later):
        is_ready(described("InService", later), DEPLOYMENT)


@pytest.mark.parametrize("digest", ["00000000", "ffffffff"])
def test_in_service_on_the_config_of_a_later_drop_of_the_same_second_is_superseded(
    create_config: Callable[..., None], digest: str
) -> None:
    later = resource_name(ENDPOINT, VERSION[:-8] + digest)
    create_config(later, sequencer="B1")
    deployment = DEPLOYMENT.model_copy(update={"sequencer": "A2"})
    with pytest.raises(SupersededDrop, match=later):
        is_ready(described("InService", later), deployment)


def test_failed_restore_rolls_back_to_a_later_config(aws: None) -> None:
    later = resource_name(ENDPOINT, LATER)
    with pytest.raises(EndpointRolledBack, match=f"is InService with {later}"):
        is_ready(described("InService", later), DEPLOYMENT, restoring=True)


def test_deletion_by_someone_else_is_a_failure() -> None:
    with pytest.raises(EndpointFailed, match="Someone is deleting the endpoint"):
        is_ready(described("Deleting"), DEPLOYMENT)


def test_failure_has_the_containers_error_lines(aws: None) -> None:
    group, stream = log_group(ENDPOINT), "primary/i-0123456789abcdef0"
    logs().create_log_group(logGroupName=group)
    logs().create_log_stream(logGroupName=group, logStreamName=stream)
    line = (
        "E1122 09:50:15.933921 1 model_lifecycle.cc:642] \"failed to load 'resnet' version 1: "
        "Internal: ModuleNotFoundError: No module named 'timm'\""
    )
    logs().put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": int(time.time() * 1000), "message": line}],
    )
    with pytest.raises(EndpointFailed) as caught:
        is_ready(described("Failed", CONFIG, REASON), of(LONG_AGO))
    assert "model.py imports timm" in caught.value.cause
    assert caught.value.evidence.endswith("No module named 'timm'")
    assert caught.value.remedy is Remedy.RUN_MODEL


def test_wrong_dims_name_the_line_to_change(aws: None) -> None:
    """The log is from the real tritonserver. deploy.yaml declares the input with five values."""
    start_container()
    write(
        "failed to load 'm' version 1: Invalid argument: failed to run warmup sample 'batch of 1': "
        "PyTorch execute failure: RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x5 and "
        "8x3)"
    )
    declared = signature((tensor("INPUT__0", 5),))
    with pytest.raises(EndpointFailed) as caught:
        health_check.is_ready(described("Failed", CONFIG, REASON), of(LONG_AGO), declared)
    assert caught.value.cause == "INPUT__0 is [5] in deploy.yaml; the model needs [8]."
    lines = caught.value.fix.partition(":\n")[2]
    spec = parse_deploy_spec(lines, origin="the fix")
    assert spec.inputs is not None
    assert [each.dims for each in spec.inputs] == [(8,)]
    assert "mat1 and mat2" in caught.value.evidence
    assert caught.value.remedy is Remedy.CORRECT_SPEC


WARM_UP = "model 'm' instance m_0_0 failed to run warmup sample 'batch of 1'"
WITH_REASON = f"{WARM_UP}: output 'y' is a scalar which is not supported."


def write(line: str) -> None:
    logs().put_log_events(
        logGroupName=log_group(ENDPOINT),
        logStreamName="primary/i-0",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": f'I1122 1 a.cc:1] "{line}"'}],
    )


def test_last_lines_of_the_log_may_arrive_late(aws: None) -> None:
    start_container()
    deployment, failed = of(LONG_AGO), described("Failed", CONFIG, REASON, seconds=1)
    assert not is_ready(failed, deployment)
    write(WARM_UP)
    assert not is_ready(failed, deployment)
    write(WITH_REASON)
    with pytest.raises(EndpointFailed, match="The output y is a scalar"):
        is_ready(failed, deployment)


def test_wrong_type_of_an_output_has_all_lines_to_paste(aws: None) -> None:
    start_container()
    write(
        f"{WARM_UP}: configuration expects datatype TYPE_FP32 for output 'OUTPUT__1', model "
        "provides TYPE_INT64"
    )
    with pytest.raises(EndpointFailed, match="The output OUTPUT__1 is INT64") as caught:
        is_ready(described("Failed", CONFIG, REASON), of(LONG_AGO))
    assert log_group(ENDPOINT) in caught.value.fix
    lines = caught.value.fix.partition("upload it:\n")[2]
    outputs = parse_deploy_spec(lines, origin="the fix").outputs or ()
    assert [(each.name, each.dtype) for each in outputs] == [
        ("OUTPUT__0", "FP32"),
        ("OUTPUT__1", "INT64"),
    ]


def test_wrong_type_of_a_declared_output_is_named(aws: None) -> None:
    start_container()
    write(
        f"{WARM_UP}: configuration expects datatype TYPE_FP32 for output 'OUTPUT__0', model "
        "provides TYPE_INT64"
    )
    with pytest.raises(EndpointFailed) as caught:
        health_check.is_ready(described("Failed", CONFIG, REASON), of(LONG_AGO), signature())
    assert "Set `dtype: INT64` for OUTPUT__0 under outputs in deploy.yaml" in caught.value.fix


def test_lines_that_never_arrive_are_not_awaited_for_long(aws: None) -> None:
    start_container()
    deployment = of(LONG_AGO)
    with pytest.raises(EndpointFailed):
        is_ready(described("Failed", CONFIG, REASON, seconds=11), deployment)
    with pytest.raises(EndpointFailed):
        is_ready(described("Failed", CONFIG, REASON, seconds=1), deployment, may_wait=False)


@pytest.mark.parametrize("reason", [REASON, None])
def test_endpoint_without_a_container_is_not_awaited(aws: None, reason: str | None) -> None:
    with pytest.raises(EndpointFailed):
        is_ready(described("Failed", CONFIG, reason, seconds=1), DEPLOYMENT)


def test_log_of_the_previous_version_is_ignored(aws: None) -> None:
    group = log_group(ENDPOINT)
    logs().create_log_group(logGroupName=group)
    logs().create_log_stream(logGroupName=group, logStreamName="primary/i-0")
    logs().put_log_events(
        logGroupName=group,
        logStreamName="primary/i-0",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "ERROR: of the old one"}],
    )
    later = of("29990101T000000Z-3f9a1c2b")
    with pytest.raises(EndpointRolledBack) as caught:
        is_ready(described("InService", CONFIG, REASON), later)
    assert "of the old one" not in caught.value.cause


NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."
)


@pytest.mark.parametrize(
    ("status", "live"),
    [("Failed", CONFIG), ("InService", OLDER_CONFIG), ("UpdateRollbackFailed", OLDER_CONFIG)],
)
def test_missing_capacity_of_a_new_and_an_updated_endpoint(
    aws: None, status: str, live: str
) -> None:
    with pytest.raises(CapacityShort) as caught:
        is_ready(described(status, live, NO_CAPACITY), DEPLOYMENT)
    assert caught.value.evidence.startswith(f"{ENDPOINT} is {status} with {live}. ")
    assert NO_CAPACITY in caught.value.evidence


def test_later_version_takes_precedence_over_missing_capacity() -> None:
    with pytest.raises(SupersededDrop):
        is_ready(described("InService", resource_name(ENDPOINT, LATER), NO_CAPACITY), DEPLOYMENT)


def test_capacity_that_became_available_is_not_missing() -> None:
    assert is_ready(described("InService", CONFIG, NO_CAPACITY), DEPLOYMENT)


def start_container() -> None:
    """Create the log stream of a container that writes nothing."""
    group = log_group(ENDPOINT)
    logs().create_log_group(logGroupName=group)
    logs().create_log_stream(logGroupName=group, logStreamName="primary/i-0")


SILENT = [("InService", OLDER_CONFIG), ("UpdateRollbackFailed", OLDER_CONFIG), ("Failed", CONFIG)]


@pytest.mark.parametrize(("status", "live"), SILENT)
def test_rollback_without_reason_and_container_is_a_possible_shortage(
    aws: None, status: str, live: str
) -> None:
    with pytest.raises((EndpointRolledBack, EndpointFailed)) as caught:
        is_ready(described(status, live), DEPLOYMENT)
    assert NO_CONTAINER.cause.rstrip(".") in caught.value.cause
    assert "Possible capacity shortage" in caught.value.cause
    assert "endpoint.fallback_instance_types" in caught.value.fix
    with pytest.raises(CapacityShort, match="Possible capacity shortage"):
        is_ready(described(status, live), DEPLOYMENT, has_fallback=True)


@pytest.mark.parametrize("has_fallback", [False, True])
@pytest.mark.parametrize(("reason", "has_container"), [("Nobody knows.", False), (None, True)])
def test_reason_or_container_is_no_possible_shortage(
    aws: None, reason: str | None, has_container: bool, has_fallback: bool
) -> None:
    if has_container:
        start_container()
    deployment = of(LONG_AGO)
    with pytest.raises(EndpointRolledBack) as caught:
        is_ready(described("InService", "by-hand", reason), deployment, has_fallback=has_fallback)
    assert "capacity" not in caught.value.cause


@pytest.mark.parametrize("status", ["Creating", "Updating"])
@pytest.mark.parametrize(
    ("has_container", "has_fallback", "error"),
    [
        (False, False, EndpointTimedOut),
        (False, True, CapacityShort),
        (True, True, EndpointTimedOut),
    ],
)
def test_hanging_endpoint_without_container_is_a_possible_shortage(
    aws: None, status: str, has_container: bool, has_fallback: bool, error: type[Exception]
) -> None:
    if has_container:
        start_container()
    found = timed_out(described(status), LONG_AGO, 3600, has_fallback=has_fallback)
    assert type(found) is error
    assert ("Possible capacity shortage" in found.cause) is not has_container
    assert ("endpoint.fallback_instance_types" in found.fix) is not has_container
    assert f"still {status} after 3600 seconds" in found.cause
