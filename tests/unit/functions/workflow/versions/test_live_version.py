from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.functions.samples import CONFIG, ENDPOINT, VERSION
from workflow.versions.live_version import live_version, versions_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient


def test_missing_endpoint_has_no_versions(aws: None) -> None:
    assert live_version(ENDPOINT, "resnet") is None


def test_version_comes_from_the_config(
    sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert live_version(ENDPOINT, "resnet") == VERSION


def test_endpoint_of_somebody_else_has_no_version(
    sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config("by-hand")
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="by-hand")
    assert live_version(ENDPOINT, "resnet") is None


def test_endpoint_of_another_model_has_no_version_of_this_one(
    sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG, model="ResNet")
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert live_version(ENDPOINT, "resnet") is None
    assert versions_on(ENDPOINT, ENDPOINT, "resnet") == frozenset()
    assert live_version(ENDPOINT, "ResNet") == VERSION
    assert versions_on(ENDPOINT, ENDPOINT, "ResNet") == {VERSION}
