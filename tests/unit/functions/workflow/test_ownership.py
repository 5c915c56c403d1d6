from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.functions.given import CONFIG, DEPLOYMENT, EXECUTION, ROLE, VERSION
from workflow.clients import sagemaker
from workflow.ownership import previous_config, remember_previous, tags, wished_tags

if TYPE_CHECKING:
    from model_packager.sagemaker_requests import Tag


def test_tags_name_model_version_and_execution() -> None:
    assert {tag["Key"]: tag["Value"] for tag in tags(DEPLOYMENT)} == {
        "modeldrop:model": "resnet",
        "modeldrop:version": VERSION,
        "modeldrop:execution": EXECUTION,
    }


def create_config(*wished: Tag) -> None:
    sagemaker().create_model(ModelName=CONFIG, ExecutionRoleArn=ROLE)
    sagemaker().create_endpoint_config(
        EndpointConfigName=CONFIG,
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": CONFIG,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
        Tags=[*tags(DEPLOYMENT), *wished],
    )


def test_wished_tags_are_those_that_are_not_ours(aws: None) -> None:
    create_config({"Key": "team", "Value": "vision"})
    remember_previous(CONFIG, "older")
    assert wished_tags(CONFIG) == [{"Key": "team", "Value": "vision"}]


def test_previous_config_is_remembered(aws: None) -> None:
    create_config()
    assert previous_config(CONFIG) is None
    remember_previous(CONFIG, "older")
    assert previous_config(CONFIG) == "older"


def test_config_that_is_gone_has_no_previous_one(aws: None) -> None:
    assert previous_config(CONFIG) is None
