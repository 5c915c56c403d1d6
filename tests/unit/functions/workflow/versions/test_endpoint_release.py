from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from model_packager.names.endpoint import resource_name
from model_packager.spec.operation_spec import Autoscaling
from tests.unit.functions.samples import CONFIG, ENDPOINT, EXECUTION, OLDER, client_error
from workflow.aws.scaling import register
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_release import delete_settled, is_released
from workflow.versions.ownership import remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient

OLDER_CONFIG = resource_name(ENDPOINT, OLDER)
IN_PROGRESS = "Cannot update in-progress endpoint"


@pytest.fixture(autouse=True)
def _serving(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)


def refusing(sagemaker: SageMakerClient, operation: str, text: str) -> Callable[[], None]:
    """Make SageMaker reject an operation, and return a function that stops this."""

    def refuse(**_: object) -> None:
        raise client_error("ValidationException", text, operation)

    event = f"before-call.sagemaker.{operation}"
    sagemaker.meta.events.register_first(event, refuse)
    return lambda: sagemaker.meta.events.unregister(event, refuse)


def test_endpoint_on_another_config_or_none_is_released(updates: list[dict[str, Any]]) -> None:
    assert is_released(ENDPOINT, OLDER_CONFIG)
    assert is_released("not-there", CONFIG)
    assert updates == []


def test_previous_version_is_restored(updates: list[dict[str, Any]]) -> None:
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert not is_released(ENDPOINT, CONFIG)
    assert is_released(ENDPOINT, CONFIG)
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": OLDER_CONFIG}]


def test_live_number_of_instances_stays_where_autoscaling_chose_it(
    updates: list[dict[str, Any]],
) -> None:
    register(ENDPOINT, Autoscaling(max_instances=10, invocations_per_instance=100))
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert not is_released(ENDPOINT, CONFIG)
    [update] = updates
    assert update["RetainAllVariantProperties"] is True


def test_new_endpoint_is_deleted(updates: list[dict[str, Any]]) -> None:
    assert not is_released(ENDPOINT, CONFIG)
    assert describe(ENDPOINT) is None
    assert is_released(ENDPOINT, CONFIG)
    assert updates == []


def test_staging_endpoint_is_deleted_even_if_the_version_replaced_another(
    sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    sagemaker.create_endpoint(EndpointName=CONFIG, EndpointConfigName=CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    assert not is_released(CONFIG, CONFIG)
    assert describe(CONFIG) is None
    assert updates == []


@pytest.mark.parametrize(
    "status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
)
def test_endpoint_in_transition_is_unchanged(
    updates: list[dict[str, Any]], set_status: Callable[[str, str], None], status: str
) -> None:
    set_status(ENDPOINT, status)
    assert not is_released(ENDPOINT, CONFIG)
    assert describe(ENDPOINT) is not None
    assert updates == []


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed"])
def test_endpoint_that_takes_no_update_and_had_a_version_is_left_to_its_owner(
    updates: list[dict[str, Any]], set_status: Callable[[str, str], None], status: str
) -> None:
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    set_status(ENDPOINT, status)
    assert not is_released(ENDPOINT, CONFIG)
    assert describe(ENDPOINT) is not None
    assert updates == []


def test_transition_that_has_just_begun_is_waited_for(sagemaker: SageMakerClient) -> None:
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    end = refusing(sagemaker, "UpdateEndpoint", IN_PROGRESS)
    try:
        assert not is_released(ENDPOINT, CONFIG)
    finally:
        end()
    assert describe(ENDPOINT) is not None


def test_other_refusals_are_not_hidden(sagemaker: SageMakerClient) -> None:
    remember_previous(CONFIG, OLDER_CONFIG, EXECUTION)
    acts: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("UpdateEndpoint", lambda: is_released(ENDPOINT, CONFIG)),
        ("DeleteEndpoint", lambda: delete_settled(ENDPOINT)),
    )
    for operation, act in acts:
        end = refusing(sagemaker, operation, "no")
        try:
            with pytest.raises(ClientError, match="no"):
                act()
        finally:
            end()


def test_deletion_is_begun_or_has_to_wait(sagemaker: SageMakerClient) -> None:
    end = refusing(sagemaker, "DeleteEndpoint", IN_PROGRESS)
    try:
        assert not delete_settled(ENDPOINT)
    finally:
        end()
    assert delete_settled(ENDPOINT)
    assert describe(ENDPOINT) is None
    assert delete_settled(ENDPOINT)
