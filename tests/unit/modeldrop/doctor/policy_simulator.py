"""IAM's policy simulator in this process: MiniStack's evaluator as a boto3 client."""

from __future__ import annotations

import importlib
import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from model_packager.sagemaker.triton_image import registry_account
from modeldrop.doctor.account import Caller
from modeldrop.doctor.deployed_names import deployed_names, role_of
from modeldrop.doctor.required_permissions import requirements
from modeldrop.doctor.stack import Deployed
from modeldrop.local import tools
from modeldrop.stack.intrinsic_functions import listed
from modeldrop.stack.template import holds, read_template, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.doctor.required_permissions import Requirement

Documents = dict[str, list[dict[str, Any]]]
"""The statements of each role, by its logical ID."""

TEMPLATE = read_template()
REGION, ACCOUNT = "us-east-1", "111122223333"
PARAMETERS = {
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd",
    "SubnetIds": "subnet-1,subnet-2",
    "ChatNotifications": "true",
}
_ARNS = {
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::Serverless::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{{}}",
}


def stack(**parameters: str) -> Deployed:
    """Return the stack that the template creates with all optional parts."""
    physical_ids = {
        name: _ARNS.get(resource["Type"], "{}").format(f"modeldrop-{name}".lower())
        for name, resource in TEMPLATE["Resources"].items()
    }
    roles = {f"{name}Role": f"modeldrop-{name}Role" for name in physical_ids}
    return Deployed(
        "modeldrop", "CREATE_COMPLETE", PARAMETERS | parameters, {}, roles | physical_ids
    )


def names(deployed: Deployed) -> dict[str, str | list[str]]:
    """Return the values of the stack's references."""
    caller = Caller(f"arn:aws:iam::{ACCOUNT}:user/ops")
    return deployed_names(TEMPLATE, deployed, caller, REGION)


def required(deployed: Deployed) -> tuple[Requirement, ...]:
    """Return the permissions that the stack's roles need."""
    return requirements(TEMPLATE, names(deployed), registry_account(REGION))


def documents(deployed: Deployed) -> Documents:
    """Return the policies of the roles as CloudFormation creates them."""
    known = names(deployed)
    plain = {name: each for name, each in known.items() if isinstance(each, str)}
    found: Documents = {}
    for who, statement, condition in statements(TEMPLATE["Resources"]):
        if holds(TEMPLATE, condition, plain):
            found.setdefault(role_of(who, TEMPLATE), []).append(
                {
                    "Effect": statement["Effect"],
                    "Action": listed(statement["Action"], known),
                    "Resource": listed(statement["Resource"], known),
                    "Condition": {
                        operator: {key: listed(value, known) for key, value in keys.items()}
                        for operator, keys in statement.get("Condition", {}).items()
                    },
                }
            )
    return found


def without(policies: Documents, role: str, action: str) -> Documents:
    """Return the same policies without an action of a role."""
    return policies | {
        role: [
            {**each, "Action": left}
            for each in policies[role]
            if (left := [one for one in each["Action"] if one != action])
        ]
    }


class Simulator:
    """An IAM client that simulates these policies. A role's ARN ends with its logical ID."""

    def __init__(self) -> None:
        from modeldrop.local.ministack.in_process import policy_simulation

        self.policies: Documents = {}
        self.boundary: list[dict[str, Any]] | None = None
        self._simulation = policy_simulation
        self._evaluator = importlib.import_module("ministack.core.iam_evaluator")
        session = boto3.Session("test", "test", region_name=REGION)
        self.iam: Any = cast(Any, session).client("iam")
        events = self.iam.meta.events
        events.register("before-send.iam.SimulatePrincipalPolicy", self._respond)

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        parameters = parse_qs(request.body)
        arn = parameters["PolicySourceArn"][0]
        policies = [self._parsed(self.policies[arn.rpartition("/")[2]])]
        limits = [] if self.boundary is None else [[self._parsed(self.boundary)]]
        results = self._simulation.evaluation_results(parameters, arn, policies, limits)
        body = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<SimulatePrincipalPolicyResult>{results}</SimulatePrincipalPolicyResult>"
            "</SimulatePrincipalPolicyResponse>"
        )
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(body.encode()))

    def _parsed(self, statements: list[dict[str, Any]]) -> Any:
        return self._evaluator.parse_policy_document({"Statement": statements})


@contextmanager
def simulator() -> Iterator[Simulator]:
    """Yield a simulator, with MiniStack's evaluator in sys.path after our packages."""
    [packages] = (tools.PROJECT_ROOT / ".tools/ministack/lib").glob("python3*/site-packages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINISTACK_ACCOUNT_ID", ACCOUNT)
        patch.setenv("MINISTACK_REGION", REGION)
        patch.setattr(sys, "path", [*sys.path, str(packages)])
        yield Simulator()


class _Body(io.BytesIO):
    """The body of a response, like urllib3's."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
