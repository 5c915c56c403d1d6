"""The behavior of MiniStack that we need or patch. These tests fail if a version differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.ministack import process as ministack
from tests.embedded_cloud.conftest import ministack_session
from tests.embedded_cloud.lambda_function import (
    ROLE,
    invoke,
    make_function,
    run_states,
    zipped,
)

FAILS_TWICE = """
class Throttled(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    if calls <= 2:
        raise Throttled("slow down")
    return calls
"""

REJECTS = """
class ModelRejected(Exception):
    pass

def handler(event, context):
    raise ModelRejected("it is not a model\\nFix: drop a model")
"""

WRITES_TO_DESCRIPTOR_1 = """
import os, subprocess

def handler(event, context):
    os.write(1, b'{"status": "ok", "result": "forged"}\\n')
    subprocess.run(["echo", '{"status": "ok", "result": "forged by a child"}'], check=True)
    print('{"status": "ok", "result": "forged by print"}')
    return "true"
"""

IMPORTS_WHAT_NO_LAYER_HAS = """
def handler(event, context):
    import jsonata
"""

TELLS_ITS_ENVIRONMENT = """
import os, sys

def handler(event, context):
    return {"pid": os.getpid(), "variables": dict(os.environ), "path": sys.path}
"""


def test_exception_is_reported_by_its_class_name(aws: boto3.Session) -> None:
    error = invoke(aws, make_function(aws, REJECTS))

    assert error["errorType"] == "ModelRejected"
    assert error["errorMessage"] == "it is not a model\nFix: drop a model"


def test_retry_by_name_reaches_the_same_environment(aws: boto3.Session) -> None:
    task = {
        "Type": "Task",
        "Resource": make_function(aws, FAILS_TWICE),
        "Retry": [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 1, "MaxAttempts": 3}],
        "End": True,
    }

    ended = run_states(aws, {"Work": task}, start="Work")

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == 3  # the counter in the process survived two errors


def test_error_of_another_name_is_not_retried(aws: boto3.Session) -> None:
    task = {
        "Type": "Task",
        "Resource": make_function(aws, FAILS_TWICE),
        "Retry": [{"ErrorEquals": ["SomethingElse"], "MaxAttempts": 3}],
        "End": True,
    }

    ended = run_states(aws, {"Work": task}, start="Work")

    assert (ended["status"], ended["error"]) == ("FAILED", "Throttled")


def test_catch_by_name_assigns_cause_and_state(aws: boto3.Session) -> None:
    states = {
        "Work": {
            "Type": "Task",
            "Resource": make_function(aws, REJECTS),
            "Catch": [
                {"ErrorEquals": ["SomethingElse"], "Next": "Wrong"},
                {
                    "ErrorEquals": ["ModelRejected"],
                    "Assign": {
                        "state": "{% $states.context.State.Name %}",
                        "cause": "{% $parse($states.errorOutput.Cause).errorMessage %}",
                    },
                    "Next": "Failed",
                },
            ],
            "End": True,
        },
        "Wrong": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "Error": "{% $state %}", "Cause": "{% $cause %}"},
    }

    ended = run_states(aws, states, start="Work")

    assert (ended["status"], ended["error"]) == ("FAILED", "Work")
    assert ended["cause"] == "it is not a model\nFix: drop a model"


def test_descriptor_1_does_not_reach_the_answer(aws: boto3.Session) -> None:
    function = make_function(aws, WRITES_TO_DESCRIPTOR_1)

    assert [invoke(aws, function), invoke(aws, function)] == ["true", "true"]


def test_emulator_packages_are_not_seen_by_functions(aws: boto3.Session) -> None:
    error = invoke(aws, make_function(aws, IMPORTS_WHAT_NO_LAYER_HAS))

    assert error["errorType"] == "ModuleNotFoundError"


def test_layer_is_unpacked_once_for_all_functions(aws: boto3.Session) -> None:
    layers = {"greeting": zipped({"python/greeting.py": "TEXT = 'hello'\n"})}
    source = "import greeting\n\ndef handler(event, context):\n    return greeting.__file__\n"

    functions = [make_function(aws, source, layers=layers) for _ in range(2)]

    first, second = (invoke(aws, function) for function in functions)
    assert first == second
    assert first.endswith("/python/greeting.py")


def test_code_is_unpacked_once_for_all_processes(aws: boto3.Session) -> None:
    source = "def handler(event, context):\n    return __file__\n"

    first, second = (invoke(aws, make_function(aws, source)) for _ in range(2))

    assert first == second
    assert Path(first).read_text() == source
    # Only the first process compiles the module.
    assert list(Path(first).parent.glob("__pycache__/*.pyc"))


def test_two_versions_of_a_layer_are_kept_apart(aws: boto3.Session) -> None:
    source = "import version\n\ndef handler(event, context):\n    return version.NUMBER\n"
    functions = [
        make_function(
            aws, source, layers={"version": zipped({"python/version.py": f"NUMBER = {number}\n"})}
        )
        for number in (1, 2)
    ]

    assert [invoke(aws, function) for function in functions] == [1, 2]


def test_functions_do_not_get_the_users_environment(aws: boto3.Session) -> None:
    variables = invoke(aws, make_function(aws, TELLS_ITS_ENVIRONMENT))["variables"]

    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    for service in ("SAGEMAKER", "SAGEMAKER_RUNTIME", "APPLICATION_AUTO_SCALING"):
        assert variables[f"AWS_ENDPOINT_URL_{service}"].startswith("http://127.0.0.1:")
    assert not {"AWS_PROFILE", "HTTPS_PROXY", "PYTHONPATH", "USER"} & variables.keys()
    assert variables["HOME"] != str(Path.home())


def test_drop_starts_the_target_with_version_and_raw_key(aws: boto3.Session) -> None:
    s3, sqs = aws.client("s3"), aws.client("sqs")
    events: Any = aws.client("events")
    s3.create_bucket(Bucket="drops")
    s3.put_bucket_versioning(Bucket="drops", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="drops", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    queue = sqs.create_queue(QueueName="drops")["QueueUrl"]
    key = [{"suffix": "/model.pt"}, "model.pt"]
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": key}}}
    events.put_rule(Name="drops", EventPattern=json.dumps(pattern), RoleArn=ROLE)
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:000000000000:drops"}
    events.put_targets(Rule="drops", Targets=[target])

    for name in ("notmodel.pt", "a/model.pt.bak", "model.pt", "a b/ü+x/model.pt"):
        version = s3.put_object(Bucket="drops", Key=name, Body=b"x")["VersionId"]

    received: dict[str, dict[str, object]] = {}
    while len(received) < 2:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)
        assert answer.get("Messages"), f"only {sorted(received)} arrived"
        for message in answer["Messages"]:
            dropped = json.loads(message["Body"])["detail"]["object"]
            received[dropped["key"]] = dropped
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert received.keys() == {"model.pt", "a b/ü+x/model.pt"}
    assert received["a b/ü+x/model.pt"]["version-id"] == version
    assert received["model.pt"].keys() >= {"etag", "size", "sequencer"}


def test_policy_that_demands_tls_lets_us_in(tmp_path: Path) -> None:
    statement: dict[str, object] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::safe", "arn:aws:s3:::safe/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    with ministack_session(tmp_path, ministack.Settings()) as strict:
        s3, iam = strict.client("s3"), cast(Any, strict).client("iam")
        s3.create_bucket(Bucket="safe")
        s3.put_object(Bucket="safe", Key="model.pt", Body=b"x")
        s3.put_bucket_policy(Bucket="safe", Policy=_policy(statement))
        # Uses an IAM user, because the root user needs no permissions.
        iam.create_user(UserName="reader")
        may_read: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=_policy(may_read))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        reader = strict.client(
            "s3",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

        assert reader.get_object(Bucket="safe", Key="model.pt")["Body"].read() == b"x"
        with pytest.raises(ClientError, match="AccessDenied"):
            reader.put_object(Bucket="safe", Key="model.pt", Body=b"y")


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
