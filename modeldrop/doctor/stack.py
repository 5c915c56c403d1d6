"""Finds the deployed stack, and checks its status and version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from modeldrop.aws_errors import no_such_stack
from modeldrop.doctor.finding import Finding, failed, ok, warning

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK = "stack"
ACTIONS = "cloudformation:DescribeStacks and cloudformation:ListStackResources"
VERSION_OUTPUT = "Version"
_OF_MODELDROP = {"DropBucketName", "ResultTopicArn", "DeployModelStateMachineArn"}
_RULE = "AWS::Events::Rule"
# CloudFormation user guide, "Stack status codes".
_COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}
_FORMER = {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
_DEPLOY = "Deploy it: sam build, then sam deploy --guided"


@dataclass(frozen=True)
class Deployed:
    """A stack in CloudFormation.

    Attributes:
        status: the status, such as "CREATE_COMPLETE".
        parameters: the values of the parameters, by name.
        outputs: the values of the outputs, by name.
        physical_ids: the physical IDs of the resources, by logical ID.
        rules: the names of its EventBridge rules.
    """

    name: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    physical_ids: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()

    @property
    def is_modeldrop(self) -> bool:
        """Whether the stack has the outputs of a Modeldrop stack."""
        return self.outputs.keys() >= _OF_MODELDROP


def find(cloudformation: Any, name: str) -> Deployed | None:
    """Find the stack with this name; None if it does not exist."""
    try:
        [found] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if no_such_stack(name, error):
            return None
        raise
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    physical_ids = {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in resources
    }
    return Deployed(
        name,
        found["StackStatus"],
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        physical_ids,
        tuple(
            physical_ids[each["LogicalResourceId"]]
            for each in resources
            if each["ResourceType"] == _RULE
        ),
    )


def check_stack(stack: Deployed | None, name: str, region: str, version: str) -> Finding:
    """Check the status of the stack, and compare its version with the command's version."""
    if stack is None:
        return failed(CHECK, f"No stack {name} in {region}.", f"{_DEPLOY}, or name it with --stack")
    status = stack.status
    if status.endswith("_IN_PROGRESS"):
        return warning(CHECK, f"{name} is {status}.", "Wait until it has finished, then repeat.")
    if status not in _COMPLETE | _FORMER:
        return failed(
            CHECK,
            f"{name} is {status}.",
            "Read the stack's events, fix the cause and deploy it again. A stack in "
            "ROLLBACK_COMPLETE has to be deleted first: sam delete",
        )
    if not stack.is_modeldrop:
        return failed(CHECK, f"{name} is not a Modeldrop stack.", "Name yours with --stack.")
    if status in _FORMER:
        return warning(
            CHECK,
            f"{name} is {status}: its last update failed.",
            "Read the stack's events, fix the cause and deploy it again.",
        )
    deployed = stack.outputs.get(VERSION_OUTPUT, "unknown")
    if deployed != version:
        return warning(
            CHECK,
            f"{name} has version {deployed}; this command has version {version}.",
            "Use the same version of both: check out the tag, then sam build and sam deploy.",
        )
    return ok(CHECK, f"{name} is {status}, version {deployed}")
