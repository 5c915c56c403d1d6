from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_config_names, pool_staging_name
from tests.unit.functions.samples import EXECUTION, OTHER_EXECUTION
from workflow.pool.endpoint_configs import (
    existing_config,
    is_staging_gone,
    is_undone,
    remove_spare_configs,
    take_over_change,
)
from workflow.versions.ownership import config_tags, mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient

ENDPOINT = pool_endpoint_name("modeldrop", "small")
FIRST, SECOND = pool_config_names(ENDPOINT)


@pytest.fixture
def changed(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    """A pool whose endpoint uses the second config, which an execution is testing."""
    create_config(FIRST)
    create_config(SECOND)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=SECOND)
    remember_previous(SECOND, FIRST, EXECUTION)


def left(sagemaker: SageMakerClient) -> list[str]:
    """Return the names of the configs that are left, which are also those of the models."""
    configs = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    names = sorted(each["EndpointConfigName"] for each in configs)
    assert sorted(each["ModelName"] for each in sagemaker.list_models()["Models"]) == names
    return names


@pytest.mark.parametrize("verified", [False, True], ids=["untested", "tested"])
def test_change_is_undone_by_its_execution(
    sagemaker: SageMakerClient,
    changed: None,
    updates: list[dict[str, Any]],
    set_status: Callable[[str, str], None],
    verified: bool,
) -> None:
    if verified:
        mark_verified(SECOND)
    assert is_undone(ENDPOINT, OTHER_EXECUTION)
    set_status(ENDPOINT, "Updating")
    assert not is_undone(ENDPOINT, EXECUTION)
    assert updates == []
    set_status(ENDPOINT, "InService")
    assert not is_undone(ENDPOINT, EXECUTION)
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": FIRST}]
    assert is_undone(ENDPOINT, EXECUTION)
    remove_spare_configs(ENDPOINT)
    assert left(sagemaker) == [FIRST]


def test_tested_change_of_another_execution_stays(
    sagemaker: SageMakerClient, changed: None, updates: list[dict[str, Any]]
) -> None:
    mark_verified(SECOND)
    assert is_undone(ENDPOINT, OTHER_EXECUTION)
    assert updates == []
    remove_spare_configs(ENDPOINT)
    assert left(sagemaker) == [SECOND]
    assert existing_config(ENDPOINT, FIRST) == SECOND
    assert existing_config(ENDPOINT, SECOND) == SECOND


def test_config_before_an_untested_change_stays(sagemaker: SageMakerClient, changed: None) -> None:
    remove_spare_configs(ENDPOINT)
    assert left(sagemaker) == [FIRST, SECOND]


def test_next_execution_takes_over_an_untested_change(
    sagemaker: SageMakerClient, changed: None, updates: list[dict[str, Any]]
) -> None:
    take_over_change(SECOND, OTHER_EXECUTION)
    assert not is_undone(ENDPOINT, OTHER_EXECUTION)
    assert [each["EndpointConfigName"] for each in updates] == [FIRST]


@pytest.mark.parametrize("config", [FIRST, SECOND], ids=["first-config", "tested-change"])
def test_other_configs_are_not_taken_over(changed: None, config: str) -> None:
    mark_verified(SECOND)
    before = config_tags(config)
    take_over_change(config, OTHER_EXECUTION)
    assert config_tags(config) == before


def test_staging_endpoint_is_deleted_when_it_has_settled(
    sagemaker: SageMakerClient, changed: None, set_status: Callable[[str, str], None]
) -> None:
    staging = pool_staging_name(ENDPOINT)
    sagemaker.create_endpoint(EndpointName=staging, EndpointConfigName=FIRST)
    set_status(staging, "Creating")
    assert not is_staging_gone(ENDPOINT)
    assert len(sagemaker.list_endpoints()["Endpoints"]) == 2
    set_status(staging, "InService")
    assert not is_staging_gone(ENDPOINT)
    assert is_staging_gone(ENDPOINT)
    assert len(sagemaker.list_endpoints()["Endpoints"]) == 1
