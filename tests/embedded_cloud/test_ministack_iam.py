"""MiniStack's IAM policy simulator and Service Quotas behave as AWS documents."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.ministack import process as ministack
from tests.embedded_cloud.conftest import ministack_session

ROLE = "arn:aws:iam::000000000000:role"
SNS = "arn:aws:sns:us-east-1:000000000000"


@pytest.fixture
def name() -> str:
    """A unique name, because tests share MiniStack."""
    return f"n-{uuid.uuid4().hex}"


def client(session: boto3.Session, service: str, **options: Any) -> Any:
    return cast(Any, session).client(service, **options)


def policy(**statement: object) -> str:
    allow = {"Effect": "Allow", "Resource": "*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def simulated(iam: Any, role: str, action: str, *resources: str, **context: str) -> dict[str, Any]:
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"{ROLE}/{role}",
        ActionNames=[action],
        **({"ResourceArns": [*resources]} if resources else {}),
        ContextEntries=[
            {
                "ContextKeyName": f"iam:{key}",
                "ContextKeyValues": [value],
                "ContextKeyType": "string",
            }
            for key, value in context.items()
        ],
    )
    [found] = answer["EvaluationResults"]
    return cast(dict[str, Any], found)


def test_simulator_decides_about_each_resource(aws: boto3.Session, name: str) -> None:
    iam = client(aws, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    allowed = policy(Action="sns:Publish", Resource=f"{SNS}:results")
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)

    found = simulated(iam, name, "sns:Publish", f"{SNS}:results", f"{SNS}:other")

    assert found["EvalDecision"] == "implicitDeny"
    assert {
        each["EvalResourceName"]: each["EvalResourceDecision"]
        for each in found["ResourceSpecificResults"]
    } == {f"{SNS}:results": "allowed", f"{SNS}:other": "implicitDeny"}


def test_simulator_knows_condition_keys(aws: boto3.Session, name: str) -> None:
    iam = client(aws, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    passing = policy(Action="iam:PassRole", Condition=condition)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=passing)

    def decision(**context: str) -> str:
        found = simulated(iam, name, "iam:PassRole", f"{ROLE}/x", **context)
        return cast(str, found["EvalDecision"])

    assert decision(PassedToService="sagemaker.amazonaws.com") == "allowed"
    assert decision(PassedToService="lambda.amazonaws.com") == "implicitDeny"
    assert decision() == "implicitDeny"


def test_simulator_knows_the_permissions_boundary(aws: boto3.Session, name: str) -> None:
    iam = client(aws, "iam")
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=policy(Action="s3:*"))["Policy"]
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument="{}", PermissionsBoundary=boundary["Arn"]
    )
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(Action="*"))

    found = simulated(iam, name, "sns:Publish")

    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert simulated(iam, name, "s3:GetObject")["EvalDecision"] == "allowed"


def test_simulator_reports_an_unknown_role(aws: boto3.Session) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        simulated(client(aws, "iam"), "nobody", "s3:GetObject")


def test_quota_needs_a_permission(tmp_path: Path) -> None:
    with ministack_session(tmp_path, ministack.Settings()) as strict:
        quotas = client(strict, "service-quotas").list_service_quotas(ServiceCode="sagemaker")
        values = {each["QuotaName"]: each["Value"] for each in quotas["Quotas"]}
        assert values["ml.g4dn.xlarge for endpoint usage"] > 1
        iam = client(strict, "iam")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        reader = client(
            strict,
            "service-quotas",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        with pytest.raises(ClientError, match="not authorized to perform: servicequotas:List"):
            reader.list_service_quotas(ServiceCode="sagemaker")
