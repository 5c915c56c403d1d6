import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, LATER, OTHER_EXECUTION, VERSION
from workflow.aws.clients import s3
from workflow.errors import DuplicateDrop
from workflow.versions.claim import claim, claimant

OTHER = DEPLOYMENT.model_copy(update={"execution_arn": OTHER_EXECUTION})


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
    claim(ARTIFACTS, OTHER.model_copy(update={"model": "vgg"}))
    assert owner() == DEPLOYMENT.execution_arn


def test_claimant_is_the_first_and_nobody_where_there_is_none(buckets: None) -> None:
    assert claimant(ARTIFACTS, "resnet", VERSION) is None
    claim(ARTIFACTS, DEPLOYMENT)
    assert claimant(ARTIFACTS, "resnet", VERSION) == DEPLOYMENT.execution_arn


def test_claim_that_cannot_be_read_is_no_missing_one(aws: None) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        claimant(ARTIFACTS, "resnet", VERSION)
