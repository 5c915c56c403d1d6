from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names import endpoint_name, resource_name
from model_packager.rejection import ModelRejected
from modeldrop.mistake import Mistake
from modeldrop.retirement import retire

if TYPE_CHECKING:
    from boto3 import Session

ROLE = "arn:aws:iam::123456789012:role/modeldrop"
VERSIONS = ("20260731T080000Z-ffffffff", "20260801T151224Z-3f9a1c2b")
BUCKET = "artifacts"


class Account:
    """What is deployed, and what of it is left."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sagemaker = session.client("sagemaker")
        self.s3 = session.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def deploy(self, model: str, *, live: bool = True) -> None:
        endpoint = endpoint_name("modeldrop", model)
        for version in VERSIONS:
            self.serve(resource_name(endpoint, version))
            self.s3.put_object(Bucket=BUCKET, Key=f"{model}/{version}/model.tar.gz", Body=b"")
        if live:
            self.sagemaker.create_endpoint(
                EndpointName=endpoint, EndpointConfigName=resource_name(endpoint, VERSIONS[1])
            )

    def serve(self, name: str) -> None:
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE)
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "primary",
                    "ModelName": name,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                }
            ],
        )

    def retire(self, model: str) -> list[str]:
        return retire(self.session, model, prefix="modeldrop", artifact_bucket=BUCKET)

    def left(self) -> dict[str, set[str]]:
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        configs = self.sagemaker.list_endpoint_configs()["EndpointConfigs"]
        return {
            "endpoints": {e["EndpointName"] for e in self.sagemaker.list_endpoints()["Endpoints"]},
            "configs": {each["EndpointConfigName"] for each in configs},
            "models": {each["ModelName"] for each in self.sagemaker.list_models()["Models"]},
            "files": {each["Key"] for each in found},
        }


@pytest.fixture
def account(session: Session) -> Account:
    return Account(session)


def test_everything_of_the_model_is_removed_and_named(account: Account) -> None:
    account.deploy("resnet")
    removed = account.retire("resnet")
    names = [f"modeldrop-resnet-{version}" for version in VERSIONS]
    assert removed[0] == "endpoint modeldrop-resnet"
    assert set(removed[1:]) == {
        *(f"endpoint config {name}" for name in names),
        *(f"model {name}" for name in names),
        *(f"s3://{BUCKET}/resnet/{version}/model.tar.gz" for version in VERSIONS),
    }
    assert not any(account.left().values())


@pytest.mark.parametrize("other", ["resnet-50", "vgg", "my-resnet"])
def test_other_models_stay(account: Account, other: str) -> None:
    account.deploy(other)
    before = account.left()
    account.deploy("resnet")
    account.retire("resnet")
    assert account.left() == before


def test_what_somebody_else_made_stays(account: Account) -> None:
    account.deploy("resnet")
    account.serve("modeldrop-resnet-by-hand")
    account.retire("resnet")
    assert account.left()["configs"] == account.left()["models"] == {"modeldrop-resnet-by-hand"}


def test_model_that_serves_no_more_is_cleaned_up(account: Account) -> None:
    account.deploy("resnet", live=False)
    account.retire("resnet")
    assert not any(account.left().values())


def test_unknown_model_is_a_mistake(account: Account) -> None:
    with pytest.raises(Mistake, match="no model resnet here: no endpoint modeldrop-resnet"):
        account.retire("resnet")


@pytest.mark.parametrize("name", [f"resnet/{VERSIONS[1]}", "", "a b"])
def test_what_is_no_name_removes_nothing(account: Account, name: str) -> None:
    account.deploy("resnet")
    before = account.left()
    with pytest.raises((Mistake, ModelRejected)):
        account.retire(name)
    assert account.left() == before
