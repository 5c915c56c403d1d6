"""Creates Lambda functions and state machines from a few lines of text."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

import boto3

ROLE = "arn:aws:iam::000000000000:role/anyone"


def make_function(
    session: boto3.Session,
    source: str,
    *,
    layers: Mapping[str, bytes] | None = None,
    runtime: str = "python3.13",
) -> str:
    """Create a function from source code that defines `handler`, and return its ARN."""
    client: Any = session.client("lambda")
    arns = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": content})[
            "LayerVersionArn"
        ]
        for name, content in (layers or {}).items()
    ]
    answer = client.create_function(
        FunctionName=f"f-{uuid.uuid4().hex}",
        Runtime=runtime,
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": zipped({"index.py": source})},
        Timeout=20,
        Layers=arns,
    )
    return str(answer["FunctionArn"])


def invoke(session: boto3.Session, function_arn: str, event: object = None) -> Any:
    """Invoke a function, and return its response or error."""
    client: Any = session.client("lambda")
    answer = client.invoke(FunctionName=function_arn, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def zipped(files: Mapping[str, str]) -> bytes:
    """Return a zip with these files, which are the same bytes at any time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # without the current time
    return content.getvalue()


def run_states(
    session: boto3.Session, states: Mapping[str, Any], *, start: str, deadline: float = 240
) -> dict[str, Any]:
    """Run a JSONata state machine once, and return DescribeExecution's response at the end."""
    client = session.client("stepfunctions")
    definition = {"QueryLanguage": "JSONata", "StartAt": start, "States": states}
    machine = client.create_state_machine(
        name=f"m-{uuid.uuid4().hex}", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        description = client.describe_execution(executionArn=execution)
        if description["status"] != "RUNNING":
            return dict(description)
        time.sleep(0.05)
    raise AssertionError(f"{execution} did not end within {deadline} s")
