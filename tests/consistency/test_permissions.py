"""Each function has exactly the permissions for the calls in its code."""

import ast
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from model_packager.names.batch import BATCH_WORK
from model_packager.names.report import REPORT_FOLDER, REPORT_INDEX
from model_packager.names.request import (
    ASYNC_FAILURES,
    ASYNC_INPUTS,
    ASYNC_OUTPUTS,
    capture_uri,
    shadow_capture_uri,
)
from modeldrop.stack.service_calls import SERVICE_CALLS
from modeldrop.stack.template import statements
from tests.consistency.asl import RESOURCES, ROOT, STEPS, function, snake
from tests.consistency.service_authorization import has_key

FUNCTIONS = ROOT / "functions"
CLIENTS = {
    "application_autoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "logs": "logs",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "sagemaker_runtime": "sagemaker",
    "scheduler": "scheduler",
    "sns": "sns",
    "stepfunctions": "states",
}
BOTO3_NAME = {
    "application_autoscaling": "application-autoscaling",
    "sagemaker_runtime": "sagemaker-runtime",
}
# The IAM actions whose names differ from the API operations (Amazon S3 user guide, "Required
# permissions for Amazon S3 API operations").
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
# The actions that AWS requires in addition to the called action.
IMPLIED = {
    trigger: {
        call.action
        for call in SERVICE_CALLS
        if call.actor == "caller"
        and trigger in call.triggers
        and call.when != "the endpoint config has a KMS key"
    }
    for trigger in {trigger for call in SERVICE_CALLS for trigger in call.triggers}
} | {
    # UpdateEndpoint reads the alarms in the request (SageMaker developer guide, auto-rollback).
    "cloudwatch:PutMetricAlarm": {"cloudwatch:DescribeAlarms"},
    # Otherwise S3 returns 403 instead of 404 for a missing object.
    "s3:GetObject": {"s3:ListBucket"},
}
# The additional actions for a stack with a KMS key (KMS: Amazon S3 and Amazon SNS developer guides;
# kms:CreateGrant: SageMaker API permissions reference, CreateEndpoint; an update creates volumes,
# too).
WITH_KEY = {
    "s3:GetObject": {"kms:Decrypt"},
    "s3:PutObject": {"kms:GenerateDataKey", "kms:Decrypt"},  # multipart uploads need Decrypt
    "sns:Publish": {"kms:GenerateDataKey", "kms:Decrypt"},
    "sagemaker:CreateEndpoint": {"kms:CreateGrant"},
    "sagemaker:UpdateEndpoint": {"kms:CreateGrant"},
    "sagemaker:CreateTransformJob": {"kms:CreateGrant"},
}
CONDITIONS = {"", "HasChat", "HasCpuTest", "HasKmsKey", "HasVpc"}


def files_of(folder: str) -> set[Path]:
    """Return the files of a function."""
    return set((FUNCTIONS / folder).glob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def called_in(tree: ast.AST) -> set[str]:
    """Return the IAM actions of `client().method(…)` in a piece of code."""
    actions = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)):
            continue
        client = node.value.func
        # `meta` has the Region and the URL, and makes no calls.
        if isinstance(client, ast.Name) and client.id in CLIENTS and node.attr != "meta":
            actions |= actions_of(client.id, operation(client.id, node, tree))
    return actions


def operation(client: str, node: ast.Attribute, tree: ast.AST) -> str:
    """Return the API operation of a client's method, or of the argument that names the method."""
    method = node.attr
    if method in {"get_paginator", "generate_presigned_url"}:
        call = next(
            each for each in ast.walk(tree) if isinstance(each, ast.Call) and each.func is node
        )
        method = ast.literal_eval(call.args[0])
    return api_operations(client)[method]


@cache
def api_operations(client: str) -> dict[str, str]:
    """Return the API operations of a client's methods, by method."""
    create: Any = boto3.client  # the type stubs accept only literal service names
    boto = create(BOTO3_NAME.get(client, client), region_name="us-east-1")
    operations: dict[str, str] = boto.meta.method_to_api_mapping
    return operations


def actions_of(client: str, api: str) -> set[str]:
    names = ACTIONS_OF_S3[api] if client == "s3" else {api}
    return {f"{CLIENTS[client]}:{name}" for name in names}


@cache
def needed(folder: str) -> set[str]:
    """Return the actions of the code in a folder, and of the modules of workflow/ that it uses."""
    actions, seen = set[str](), set[str]()
    waiting: list[tuple[Path, str | None]] = [(path, None) for path in files_of(folder)]
    while waiting:
        path, name = waiting.pop()
        tree = parsed(path)
        scope = tree if name is None else definition(tree, name)
        actions |= called_in(scope)
        for module, imported in imports(tree):
            used = name is None or imported in names_in(scope)
            if used and f"{module}.{imported}" not in seen and module != "workflow.aws.clients":
                seen.add(f"{module}.{imported}")
                waiting.append((FUNCTIONS / f"{module.replace('.', '/')}.py", imported))
        if name is not None:
            for other in names_in(scope) - {name}:
                if definition(tree, other) is not tree and f"{path}.{other}" not in seen:
                    seen.add(f"{path}.{other}")
                    waiting.append((path, other))
    return actions | set().union(*(IMPLIED.get(action, set()) for action in actions))


@cache
def imports(tree: ast.AST) -> list[tuple[str, str]]:
    return [
        (node.module, each.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workflow.")
        for each in node.names
        if node.module
    ]


@cache
def definition(tree: ast.Module, name: str) -> ast.AST:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    return tree if name == "*" else ast.Module(body=[], type_ignores=[])


@cache
def names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def granted(state: str, condition: str = "") -> set[str]:
    own = {"": {"Properties": function(state)}}
    return {
        action
        for _name, statement, when in statements(own)
        if when == condition
        for action in listed(statement["Action"])
    }


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("state", STEPS)
def test_function_may_do_what_it_calls_and_nothing_else(state: str) -> None:
    assert granted(state) == needed(snake(state))


@pytest.mark.parametrize("state", STEPS)
def test_function_may_use_the_key_only_if_its_calls_need_it(state: str) -> None:
    wanted = set().union(*(WITH_KEY.get(action, set()) for action in needed(snake(state))))
    assert granted(state, "HasKmsKey") == wanted
    assert granted(state, "HasVpc") == set()


@pytest.mark.parametrize("state", STEPS)
def test_functions_that_notify_may_publish_to_the_chat_topic(state: str) -> None:
    assert granted(state, "HasChat") == granted(state) & {"sns:Publish"}


def test_conditions_change_only_their_statements() -> None:
    """Without this test, other kinds of conditions would go unnoticed."""
    for resource in RESOURCES.values():
        for policy in resource.get("Properties", {}).get("Policies", []):
            for entry in policy.get("PolicyDocument", policy)["Statement"]:
                if "Fn::If" in entry:
                    assert entry["Fn::If"][2] == {"Ref": "AWS::NoValue"}
    assert {when for _name, _statement, when in statements(RESOURCES)} == CONDITIONS


def test_kms_permissions_are_limited_to_the_stacks_key() -> None:
    for name, statement, when in statements(RESOURCES):
        of_kms = any(action.startswith("kms:") for action in listed(statement["Action"]))
        assert of_kms is (when == "HasKmsKey"), (name, statement["Sid"])
        if of_kms:
            assert statement["Resource"] == {"Ref": "KmsKeyArn"}
        if "kms:CreateGrant" in listed(statement["Action"]):
            assert statement["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_endpoint_configs_have_an_allowed_instance_type() -> None:
    """ForAllValues is also true without the key (IAM user guide, "Multivalued context key
    examples"), so Null requires it."""
    creating = [
        (name, statement)
        for name, statement, _when in statements(RESOURCES)
        if "sagemaker:CreateEndpointConfig" in listed(statement["Action"])
    ]
    assert [name for name, _statement in creating] == [
        *["CreateEndpointConfigFunction"] * 2,
        "StartShadowTestFunction",
    ]
    with_instances, serverless, shadow = (statement for _name, statement in creating)
    assert shadow["Condition"] == with_instances["Condition"]
    for statement in (with_instances, serverless, shadow):
        assert listed(statement["Action"]) == ["sagemaker:CreateEndpointConfig"]
    assert with_instances["Condition"] == {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": {"Ref": "AllowedInstanceTypes"}},
        "Null": {"sagemaker:InstanceTypes": "false"},
    }
    # This statement allows no config with instances, even with an additional serverless variant.
    assert serverless["Condition"] == {
        "Null": {"sagemaker:InstanceTypes": "true", "sagemaker:ServerlessMemorySize": "false"}
    }


def test_no_other_action_of_the_stack_could_check_the_instance_type() -> None:
    """Application Auto Scaling and UpdateEndpoint have no such key, so code checks the limits."""
    with_key = {
        action
        for _name, statement, _when in statements(RESOURCES)
        for action in listed(statement["Action"])
        if has_key(action, "sagemaker:InstanceTypes")
    }
    assert with_key == {"sagemaker:CreateEndpointConfig", "sagemaker:CreateTransformJob"}


def test_sagemaker_writes_what_it_captures_and_nothing_else() -> None:
    written = [
        resource["Fn::Sub"]
        for name, statement, _when in statements(RESOURCES)
        if name == "SageMakerExecutionRole" and "s3:PutObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    prefix = capture_uri("${ArtifactBucket.Arn}").removeprefix("s3://")
    results = [f"${{ArtifactBucket.Arn}}/{each}*" for each in (ASYNC_OUTPUTS, ASYNC_FAILURES)]
    shadow = f"{shadow_capture_uri('${ArtifactBucket.Arn}', '').removeprefix('s3://')}/"
    responses = f"${{ArtifactBucket.Arn}}/{BATCH_WORK}*/outputs/*"
    assert written == [f"{prefix}/*", f"{shadow}*", *results, responses]
    rules = RESOURCES["ArtifactBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    payloads = {each.partition("/")[0] for each in (ASYNC_INPUTS, ASYNC_OUTPUTS, ASYNC_FAILURES)}
    assert payloads == {"_async"}
    captured = {each.partition("/")[2] for each in (f"{prefix}/", shadow)}
    assert expiring == {*captured, "_async/", BATCH_WORK, REPORT_FOLDER}
    assert not REPORT_INDEX.startswith(tuple(expiring))


VERSION_FOLDER = "resnet/20260801T151224Z-3f9a1c2b/"


@pytest.mark.parametrize(
    ("key", "read"),
    [
        (VERSION_FOLDER + "model/resnet/config.pbtxt", True),
        (VERSION_FOLDER + "model/resnet/1/model.pt", True),
        (VERSION_FOLDER + "model.tar.gz", True),
        ("model/20260801T151224Z-3f9a1c2b/model/model/1/model.py", True),
        (VERSION_FOLDER + "claim.json", False),
        (VERSION_FOLDER + "deployment.json", False),
        (VERSION_FOLDER + "sample/input.npy", False),
        ("resnet/live.json", False),
        ("model/live.json", False),
        ("model/20260801T151224Z-3f9a1c2b/deployment.json", False),
        (REPORT_INDEX, False),
        (f"{REPORT_FOLDER}resnet/20260801T151224Z-3f9a1c2b.html", False),
        (f"{REPORT_FOLDER}model/20260801T151224Z-3f9a1c2b.html", False),
        ("_batch/3f9a1c2b3f9a1c/plan.json", False),
        ("_batch/3f9a1c2b3f9a1c/outputs/00000-00000.out", False),
        ("_capture/modeldrop-model/primary/2026/08/01/15/7f4e1944.jsonl", False),
        ("_shadow/20260801T151224Z-3f9a1c2b/modeldrop-model/shadow/2026/08/01/15/7.jsonl", False),
    ],
)
def test_a_container_reads_models_and_nothing_else(key: str, *, read: bool) -> None:
    of_role = {
        statement["Sid"]: statement
        for name, statement, _when in statements(RESOURCES)
        if name == "SageMakerExecutionRole"
    }
    inputs = [of_role[each]["Resource"] for each in ("ReadAsyncInputs", "ReadBatchRequests")]
    patterns = [each["Fn::Sub"] for each in (*of_role["ReadArtifacts"]["Resource"], *inputs)]
    assert any(fnmatchcase(ARTIFACTS + key, pattern) for pattern in patterns) is read
    prefixes = of_role["ListArtifacts"]["Condition"]["StringLike"]["s3:prefix"]
    assert any(fnmatchcase(key, prefix) for prefix in prefixes) is read
    assert not any(fnmatchcase("", prefix) for prefix in prefixes)
    reading = {name for name, each in of_role.items() if "s3:GetObject" in listed(each["Action"])}
    assert reading == {"ReadArtifacts", "ReadAsyncInputs", "ReadBatchRequests"}


def test_no_wildcards_where_aws_takes_an_arn() -> None:
    without_arn = {
        (name, statement["Sid"])
        for name, statement, _when in statements(RESOURCES)
        if statement["Resource"] == "*"
    }
    assert without_arn == {
        ("DeployModelStateMachine", "DeliverLogs"),
        ("SageMakerExecutionRole", "LogInToEcr"),
        ("CreateEndpointFunction", "DescribeScalableTargets"),
        ("NextInstanceTypeFunction", "DescribeScalableTargets"),
        ("RollBackFunction", "DescribeScalableTargets"),
        ("ScaleEndpointFunction", "DescribeScalableTargets"),
        ("ScaleEndpointFunction", "PermissionsValidation"),
        ("RollBackFunction", "PermissionsValidation"),
        ("RollBackFunction", "FindShadowConfigs"),
        ("StartShadowTestFunction", "DescribeScalableTargets"),
        ("CompareAnswersFunction", "ReadMetrics"),
        ("SageMakerExecutionRole", "WriteInstanceMetrics"),
        ("RemoveOldVersionsFunction", "ListVersions"),
        ("SageMakerExecutionRole", "DescribeVpc"),
        ("BatchTransformStateMachine", "DeliverLogs"),
        ("RetireModelStateMachine", "DeliverLogs"),
        ("DecideRetirementFunction", "ListVersions"),
        ("RetireModelFunction", "ListVersions"),
        ("WatchEndpointsFunction", "ListEndpoints"),
        ("RetireModelFunction", "CountQueuedRequests"),
        ("WatchEndpointsFunction", "CountInvocations"),
    }
    for _name, statement, _when in statements(RESOURCES):
        for action in listed(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action), action


def test_statement_ids_are_unique_within_a_role() -> None:
    """IAM rejects a policy with a repeated Sid (IAM user guide, "JSON policy elements: Sid")."""
    ids = [(name, statement["Sid"]) for name, statement, _when in statements(RESOURCES)]
    assert len(ids) == len(set(ids))


ARTIFACTS = "${ArtifactBucket.Arn}/"


def may_change(key: str) -> set[str]:
    """Return the functions that may write or delete an object of the artifact bucket."""
    found = set()
    for name, statement, _when in statements(RESOURCES):
        resources = statement["Resource"]
        changes = {"s3:PutObject", "s3:DeleteObject"} & set(listed(statement["Action"]))
        keys = [
            each.get("Fn::Sub", "").partition(ARTIFACTS)[2]
            for each in (resources if isinstance(resources, list) else [resources])
            if isinstance(each, dict)
        ]
        if changes and any(pattern and fnmatchcase(key, pattern) for pattern in keys):
            found.add(name.removesuffix("Function"))
    return found


def test_only_states_that_know_the_live_version_write_it() -> None:
    assert may_change("resnet/live.json") == {"RecordDeployment", "RollBack", "RetireModel"}
    assert may_change("resnet/20260801T151224Z-3f9a1c2b/deployment.json") == {
        "RecordDeployment",
        "RemoveOldVersions",
        "RetireModel",
        "RollBack",
    }
    assert may_change("resnet/20260801T151224Z-3f9a1c2b/model.tar.gz") == {
        "PackageModel",
        "StartTransform",
        "RemoveOldVersions",
        "RetireModel",
        "RollBack",
    }


def test_reports_are_written_by_their_state_and_outlast_their_version() -> None:
    # May delete objects of every model, whose names they list.
    removers = {"RollBack", "RetireModel"}
    assert may_change(REPORT_INDEX) - removers == {"WriteReport", "WriteIndex"}
    assert may_change(f"{REPORT_FOLDER}resnet/20260801T151224Z-3f9a1c2b.html") - removers == {
        "WriteReport",
        "RemoveOldVersions",  # the same, three levels below
    }
