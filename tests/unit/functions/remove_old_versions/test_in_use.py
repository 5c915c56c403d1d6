from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from model_packager.names.endpoint import resource_name
from remove_old_versions.in_use import used_versions
from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OLDEST,
    REGION,
    VERSION,
)
from workflow.versions.claim import claim, has_running_owner
from workflow.versions.ownership import remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient

OLDEST_CONFIG, OLDER_CONFIG, LATER_CONFIG = (
    resource_name(ENDPOINT, version) for version in (OLDEST, OLDER, LATER)
)


@pytest.fixture
def serving(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> Any:
    """moto's endpoint with CONFIG."""
    for config in (OLDEST_CONFIG, OLDER_CONFIG, CONFIG, LATER_CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    return sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT]


def test_without_an_endpoint_nothing_is_used(aws: None) -> None:
    assert used_versions(ENDPOINT) == set()


def test_live_version_and_its_rollback_target(serving: Any) -> None:
    assert used_versions(ENDPOINT) == {VERSION}
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert used_versions(ENDPOINT) == {VERSION, OLDER}


def test_version_being_deployed_and_its_rollback_target(
    serving: Any, sagemaker: SageMakerClient
) -> None:
    """moto returns no pending deployment, so the test adds it to the response."""

    def pending(parsed: dict[str, Any], **_: object) -> None:
        parsed["PendingDeploymentSummary"] = {"EndpointConfigName": LATER_CONFIG}

    remember_previous(LATER_CONFIG, OLDEST_CONFIG, EXECUTION)
    sagemaker.meta.events.register("after-call.sagemaker.DescribeEndpoint", pending)
    try:
        assert used_versions(ENDPOINT) == {VERSION, LATER, OLDEST}
    finally:
        sagemaker.meta.events.unregister("after-call.sagemaker.DescribeEndpoint", pending)


def test_foreign_config_is_not_a_version(serving: Any) -> None:
    remember_previous(CONFIG, "made-by-hand", EXECUTION)
    assert used_versions(ENDPOINT) == {VERSION}


@pytest.mark.parametrize("stopped", [False, True])
def test_version_is_owned_while_its_execution_runs(
    buckets: None, execution: Callable[..., str], stopped: bool
) -> None:
    arn = execution("own", stopped=stopped)
    claim(ARTIFACTS, DEPLOYMENT.model_copy(update={"execution_arn": arn}))
    assert has_running_owner(ARTIFACTS, "resnet", VERSION) is not stopped


def test_unclaimed_version_is_not_owned(buckets: None) -> None:
    assert not has_running_owner(ARTIFACTS, "resnet", VERSION)
