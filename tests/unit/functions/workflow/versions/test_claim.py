import json

import pytest
from botocore.exceptions import ClientError

from model_packager.stored import Deployment
from tests.unit.functions.samples import (
    ARTIFACTS,
    DEPLOYMENT,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    VERSION,
)
from workflow.aws.clients import s3
from workflow.errors import DuplicateDrop
from workflow.versions import claim as claim_module
from workflow.versions.claim import claim, claimant
from workflow.versions.version_number import next_number

OTHER = DEPLOYMENT.model_copy(update={"execution_arn": OTHER_EXECUTION})
VGG = {"model": "vgg"}


def owner() -> str:
    found = s3().get_object(Bucket=ARTIFACTS, Key=f"resnet/{VERSION}/claim.json")
    return str(json.load(found["Body"])["execution_arn"])


def test_first_execution_gets_the_version(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    assert owner() == DEPLOYMENT.execution_arn


def test_same_execution_may_claim_again(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    claim(ARTIFACTS, DEPLOYMENT)
    assert owner() == DEPLOYMENT.execution_arn


def test_another_execution_is_a_duplicate(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    with pytest.raises(DuplicateDrop, match=DEPLOYMENT.execution_arn):
        claim(ARTIFACTS, OTHER)
    assert owner() == DEPLOYMENT.execution_arn


def test_another_version_is_free(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    claim(ARTIFACTS, OTHER.model_copy(update={"version": LATER}))
    assert owner() == DEPLOYMENT.execution_arn


def test_another_model_is_free(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    claim(ARTIFACTS, OTHER.model_copy(update=VGG))
    assert owner() == DEPLOYMENT.execution_arn


def test_claimant_is_the_first_execution_or_none(buckets: None) -> None:
    assert claimant(ARTIFACTS, "resnet", VERSION) is None
    claim(ARTIFACTS, DEPLOYMENT)
    assert claimant(ARTIFACTS, "resnet", VERSION) == DEPLOYMENT.execution_arn


def test_versions_of_a_model_are_counted(buckets: None) -> None:
    numbers = [
        claim(ARTIFACTS, DEPLOYMENT.model_copy(update=changed)).number
        for changed in ({}, {"version": OLDER}, {"version": OLDER}, {"version": LATER}, VGG)
    ]
    assert numbers == [1, 2, 2, 3, 1]


def test_number_of_a_removed_version_is_not_used_again(buckets: None) -> None:
    claim(ARTIFACTS, DEPLOYMENT)
    s3().delete_object(Bucket=ARTIFACTS, Key=f"resnet/{VERSION}/claim.json")
    assert claim(ARTIFACTS, DEPLOYMENT.model_copy(update={"version": LATER})).number == 2


def test_loser_of_a_race_is_a_duplicate(buckets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both executions found no claim, and then the other one wrote it."""

    def faster(bucket: str, model: str) -> int:
        claim_with_any_number(bucket, OTHER)
        return next_number(bucket, model)

    def claim_with_any_number(bucket: str, deployment: Deployment) -> None:
        monkeypatch.setattr(claim_module, "next_number", next_number)
        claim(bucket, deployment)

    monkeypatch.setattr(claim_module, "next_number", faster)
    with pytest.raises(DuplicateDrop, match=OTHER_EXECUTION):
        claim(ARTIFACTS, DEPLOYMENT)
    assert owner() == OTHER_EXECUTION


def test_claim_that_cannot_be_read_is_no_missing_one(aws: None) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        claimant(ARTIFACTS, "resnet", VERSION)
