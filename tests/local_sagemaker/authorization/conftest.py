"""A local SageMaker that enforces IAM, with callers and execution roles for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modeldrop.local.ministack import process as ministack
from modeldrop.stack.service_calls import SERVICE_CALLS
from tests.embedded_cloud.conftest import ministack_session
from tests.local_sagemaker.archives import linear_archive
from tests.local_sagemaker.conftest import (
    BUCKET,
    IMAGE,
    LocalSageMaker,
    client,
    start_local_sagemaker,
)

ACCOUNT = "000000000000"
SAGEMAKER = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/"
LIVE = "live"  # the name of the endpoint in service
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

Statement = Mapping[str, Any]


def allow(action: str | Sequence[str], resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@dataclass
class Guarded:
    """A local SageMaker that enforces IAM, and the IAM that it uses."""

    local: LocalSageMaker
    iam: Any
    sts: Any
    count: int = 0

    def role(self, statements: Sequence[Statement], *, service: str, boundary: str = "") -> str:
        """Create a role with these permissions, and return its name."""
        self.count += 1
        name = f"role-{self.count}"
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        limit = {"PermissionsBoundary": boundary} if boundary else {}
        self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **limit,
        )
        self.grant(name, statements)
        return name

    def grant(self, role: str, statements: Sequence[Statement]) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(document))

    def execution_role(self, *without: str) -> str:
        """Return the ARN of a role that SageMaker may assume, with all actions except these."""
        actions = {call.action for call in SERVICE_CALLS if call.actor == "execution role"}
        name = self.role([allow(sorted(actions - set(without)))], service="sagemaker.amazonaws.com")
        return ROLE_ARN + name

    def caller(self, *statements: Statement, boundary: str = "") -> Caller:
        """Assume a role with these permissions, and return the caller."""
        self.count += 1
        name = f"caller-{self.count}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        limit = {"PermissionsBoundary": boundary} if boundary else {}
        self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **limit,
        )
        self.grant(name, statements)
        session = self.sts.assume_role(RoleArn=ROLE_ARN + name, RoleSessionName="session")
        return Caller(self.local.url, session["Credentials"], session["AssumedRoleUser"]["Arn"])

    def name(self) -> str:
        self.count += 1
        return f"model-{self.count}"

    def model(self, role_arn: str, url: str = f"s3://{BUCKET}/{LIVE}/model.tar.gz") -> str:
        name = self.name()
        self.local.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role_arn,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url},
        )
        return name

    def failure(self, model: str) -> str:
        """Return the FailureReason of an endpoint that serves a model."""
        self.local.create_config(model, model)
        self.local.create_endpoint(model, model)
        shown = self.local.settled(model)
        assert shown["EndpointStatus"] == "Failed"
        return shown["FailureReason"]


@dataclass
class Caller:
    url: str
    credentials: Mapping[str, str]
    arn: str

    def __post_init__(self) -> None:
        self.sagemaker = client("sagemaker", self.url, self.credentials)
        self.runtime = client("sagemaker-runtime", self.url, self.credentials)
        self.scaling = client("application-autoscaling", self.url, self.credentials)

    def denied(self, action: str, resource: str) -> str:
        """Return AWS's message (aws-controllers-k8s/community#1889)."""
        return (
            f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    settings = ministack.Settings()
    with ministack_session(tmp_path_factory.mktemp("ministack"), settings) as session:
        url = session.client("s3").meta.endpoint_url
        local = start_local_sagemaker(tmp_path_factory.mktemp("sagemaker"), url, enforce_iam=True)
        yield Guarded(local, session.client("iam"), session.client("sts"))
        assert local.stop() == 0


@pytest.fixture(scope="package")
def live(guarded: Guarded) -> Guarded:
    """The same, with an endpoint in service, a config with a KMS key, and an alarm."""
    local = guarded.local
    local.s3.put_object(Bucket=BUCKET, Key=f"{LIVE}/model.tar.gz", Body=linear_archive(1.0))
    model = guarded.model(guarded.execution_role())
    local.create_config(LIVE, model)
    local.create_endpoint(LIVE, LIVE)
    assert local.settled(LIVE)["EndpointStatus"] == "InService"
    local.sagemaker.create_endpoint_config(
        EndpointConfigName="encrypted",
        KmsKeyId=KEY,
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    return guarded


def error_of(call: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], error["Message"], status
