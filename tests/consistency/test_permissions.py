"""Each function may do what its code calls, and nothing else."""

import ast
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.consistency.asl import RESOURCES, ROOT, STEPS, function, snake

FUNCTIONS = ROOT / "functions"
CLIENTS = {
    "application_autoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "logs": "logs",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "sagemaker_runtime": "sagemaker",
    "sns": "sns",
    "stepfunctions": "states",
}
BOTO3_NAME = {
    "application_autoscaling": "application-autoscaling",
    "sagemaker_runtime": "sagemaker-runtime",
}
# IAM's actions that are not called as the API's operations are (Amazon S3 user guide,
# "Required permissions for Amazon S3 API operations").
ACTIONS_OF_S3 = {
    "HeadObject": {"GetObject"},
    "GetObject": {"GetObject"},
    "PutObject": {"PutObject"},
    "DeleteObject": {"DeleteObject"},
    "ListObjectsV2": {"ListBucket"},
    "CopyObject": {"GetObject", "PutObject"},
    "UploadPartCopy": {"GetObject", "PutObject"},
    "CreateMultipartUpload": {"PutObject"},
    "UploadPart": {"PutObject"},
    "CompleteMultipartUpload": {"PutObject"},
    "AbortMultipartUpload": {"AbortMultipartUpload"},
}
# What AWS asks for beside the action that is called.
IMPLIED = {
    "sagemaker:CreateModel": {"sagemaker:AddTags", "iam:PassRole"},  # Tags, ExecutionRoleArn
    "sagemaker:CreateEndpointConfig": {"sagemaker:AddTags"},
    "sagemaker:CreateEndpoint": {"sagemaker:AddTags"},
    # UpdateEndpoint reads the alarms that it is given (SageMaker developer guide, auto-rollback).
    "cloudwatch:PutMetricAlarm": {"cloudwatch:DescribeAlarms"},
    # Application Auto Scaling acts with the caller's rights, and keeps alarms (its user guide,
    # "Identity-based policy examples", and "Permissions" of its SageMaker tutorial).
    "application-autoscaling:RegisterScalableTarget": {
        "iam:CreateServiceLinkedRole",
        "sagemaker:DescribeEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    },
    "application-autoscaling:PutScalingPolicy": {
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
    },
    "s3:GetObject": {"s3:ListBucket"},  # else S3 says 403 of a missing object, not 404
}


def files_of(room: str) -> set[Path]:
    """A room's files, and the files of workflow/ that they need, as far as functions are used."""
    return set((FUNCTIONS / room).glob("*.py"))


def called_in(tree: ast.AST) -> set[str]:
    """The IAM actions of `client().method(…)` in a piece of code."""
    actions = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)):
            continue
        client = node.value.func
        if isinstance(client, ast.Name) and client.id in CLIENTS:
            actions |= actions_of(client.id, operation(client.id, node, tree))
    return actions


def operation(client: str, node: ast.Attribute, tree: ast.AST) -> str:
    """The API operation of a client's method; a paginator's is its argument."""
    method = node.attr
    if method == "get_paginator":
        call = next(
            each for each in ast.walk(tree) if isinstance(each, ast.Call) and each.func is node
        )
        method = ast.literal_eval(call.args[0])
    create: Any = boto3.client  # its overloads take literal names only
    boto = create(BOTO3_NAME.get(client, client), region_name="us-east-1")
    found: str = boto.meta.method_to_api_mapping[method]
    return found


def actions_of(client: str, api: str) -> set[str]:
    names = ACTIONS_OF_S3[api] if client == "s3" else {api}
    return {f"{CLIENTS[client]}:{name}" for name in names}


def needed(room: str) -> set[str]:
    """The actions of a room's own code, and of what it uses from workflow/."""
    actions, seen = set[str](), set[str]()
    waiting: list[tuple[Path, str | None]] = [(path, None) for path in files_of(room)]
    while waiting:
        path, name = waiting.pop()
        tree = ast.parse(path.read_text())
        scope = tree if name is None else definition(tree, name)
        actions |= called_in(scope)
        for module, imported in imports(tree):
            used = name is None or imported in names_in(scope)
            if used and f"{module}.{imported}" not in seen and module != "workflow.clients":
                seen.add(f"{module}.{imported}")
                waiting.append((FUNCTIONS / f"{module.replace('.', '/')}.py", imported))
        if name is not None:
            for other in names_in(scope) - {name}:
                if definition(tree, other) is not tree and f"{path}.{other}" not in seen:
                    seen.add(f"{path}.{other}")
                    waiting.append((path, other))
    return actions | set().union(*(IMPLIED.get(action, set()) for action in actions))


def imports(tree: ast.AST) -> list[tuple[str, str]]:
    return [
        (node.module, each.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workflow.")
        for each in node.names
        if node.module
    ]


def definition(tree: ast.Module, name: str) -> ast.AST:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    return tree if name == "*" else ast.Module(body=[], type_ignores=[])


def names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def granted(state: str) -> set[str]:
    actions = set()
    for policy in function(state)["Policies"]:
        for statement in policy["Statement"]:
            found = statement["Action"]
            actions |= {found} if isinstance(found, str) else set(found)
    return actions


@pytest.mark.parametrize("state", STEPS)
def test_function_may_do_what_it_calls_and_nothing_else(state: str) -> None:
    assert granted(state) == needed(snake(state))


def statements() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", []):
            document = policy.get("PolicyDocument", policy)
            found += [(name, each) for each in document["Statement"]]
    return found


def test_no_wildcards_where_aws_takes_an_arn() -> None:
    without_arn = {
        (name, statement["Sid"]) for name, statement in statements() if statement["Resource"] == "*"
    }
    assert without_arn == {
        ("DeployModelStateMachine", "DeliverLogs"),
        ("SageMakerExecutionRole", "LogInToEcr"),
        ("CreateEndpointFunction", "FindScaling"),
        ("ScaleEndpointFunction", "FindScaling"),
        ("RemoveOldVersionsFunction", "ListVersions"),
        ("RetireModelStateMachine", "DeliverLogs"),
        ("JudgeRetirementFunction", "ListVersions"),
        ("RetireModelFunction", "ListVersions"),
        ("WatchEndpointsFunction", "ListEndpoints"),
        ("WatchEndpointsFunction", "CountInvocations"),
    }
    for _name, statement in statements():
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action), action
