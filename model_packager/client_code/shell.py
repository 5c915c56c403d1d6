"""Commands for a POSIX shell that call the endpoint: the AWS CLI, or curl with a signed request."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from model_packager.client_code.json_request import example_value, without_data, written_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor

_REPEATED = """\
# Prints a value many times, separated by commas. Replace it by your data.
repeated() { yes "$2" | head -n "$1" | paste -s -d , -; }
"""


def aws_cli_code(call: Call) -> str:
    """Return commands for the AWS CLI, version 1 or 2."""
    return "\n".join(
        [
            *_request(call),
            "aws sagemaker-runtime invoke-endpoint \\",
            f"  --region {shlex.quote(call.region)} \\",
            f"  --endpoint-name {shlex.quote(call.endpoint)} \\",
            "  --content-type application/json \\",
            "  --body fileb://request.json response.json",
            "cat response.json",
            "",
        ]
    )


def curl_code(call: Call) -> str:
    """Return commands for curl 7.75 or later, which signs requests for AWS.

    Source: curl's manual, "--aws-sigv4"; the service name is that of the SageMaker runtime's
    signatures (botocore, sagemaker-runtime, `signingName`).
    """
    return "\n".join(
        [
            *_request(call),
            "# The credentials come from the environment: aws configure export-credentials "
            "--format env",
            f"curl --fail-with-body --aws-sigv4 aws:amz:{shlex.quote(call.region)}:sagemaker \\",
            '  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\',
            '  ${AWS_SESSION_TOKEN:+--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"} \\',
            "  --header 'Content-Type: application/json' \\",
            "  --data-binary @request.json \\",
            f"  {shlex.quote(call.invocation_url)}",
            "",
        ]
    )


def _request(call: Call) -> Iterator[str]:
    """Yield the commands that write request.json."""
    inputs = call.signature.inputs
    if any(written_example(call, each) is None for each in inputs):
        yield _REPEATED
    yield "{"
    yield """  printf '%s' '{"inputs": ['"""
    for number, tensor in enumerate(inputs):
        yield from _input(call, tensor, comma=number < len(inputs) - 1)
    yield "  echo ']}'"
    yield "} > request.json\n"


def _input(call: Call, tensor: Tensor, *, comma: bool) -> Iterator[str]:
    end = "}, " if comma else "}"
    data = written_example(call, tensor)
    start = f'{without_data(call, tensor)}, "data": '
    if data is not None:
        yield f"  printf '%s' {shlex.quote(f'{start}{data}{end}')}"
        return
    yield f"  printf '%s' {shlex.quote(f'{start}[')}"
    yield f"  repeated {call.example_size(tensor)} {shlex.quote(example_value(tensor))}"
    yield f"  printf '%s' {shlex.quote(f']{end}')}"
