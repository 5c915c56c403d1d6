"""Commands for a POSIX shell that call the endpoint: the AWS CLI, or curl with a signed request."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from model_packager.client_code.json_request import example_value, without_data, written_example
from model_packager.names.request import ASYNC_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor

_REPEATED = """\
# Prints a value many times, separated by commas. Replace it with your data.
repeated() { yes "$2" | head -n "$1" | paste -s -d , -; }
"""


def aws_cli_code(call: Call) -> str:
    """Return commands for the AWS CLI, version 1 or 2."""
    return "\n".join(
        [
            *_request(call),
            *_failed(call),
            *(_aws_async(call) if call.hosting.is_async else _aws(call)),
            "",
        ]
    )


def curl_code(call: Call) -> str:
    """Return commands for curl 7.88 or later, which signs requests for AWS with all their headers.

    Sources: curl's manual, "--aws-sigv4"; the service name is that of the SageMaker runtime's
    signatures (botocore, sagemaker-runtime, `signingName`); S3 requires a header that curl 7.88
    does not add (https://github.com/curl/curl/issues/8810).
    """
    return "\n".join(
        [
            *_request(call),
            *_failed(call),
            *_signed(call),
            *(_curl_async(call) if call.hosting.is_async else _curl(call)),
            "",
        ]
    )


_SIGNED_S3 = "signed s3 --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD'"
_VERSION = """grep -o '"version": *"[^"]*"' | cut -d '"' -f 4"""


def _aws(call: Call) -> Iterator[str]:
    region = f"--region {shlex.quote(call.region)}"
    if call.hosting.is_pool:
        yield "# An update and a rollback change the live version."
        yield f"live=$(aws s3 cp {region} s3://{call.artifact_bucket}/{call.live_key} -)"
        yield f"version=$(printf '%s' \"$live\" | {_VERSION})\n"
    yield "aws sagemaker-runtime invoke-endpoint \\"
    yield f"  {region} \\"
    yield f"  --endpoint-name {shlex.quote(call.endpoint)} \\"
    if call.hosting.is_pool:
        yield f'  --target-model "{call.target_model("$version")}" \\'
    yield "  --content-type application/json \\"
    yield "  --body fileb://request.json response.json 2> error.txt ||"
    yield '  failed "$(cat error.txt)"'
    yield "cat response.json"


def _aws_async(call: Call) -> Iterator[str]:
    region = f"--region {shlex.quote(call.region)}"
    bucket = f"s3://{call.artifact_bucket}"
    yield f"""\
input={bucket}/{ASYNC_INPUTS}$(date +%s)-$$
aws s3 cp {region} --only-show-errors request.json "$input"
queued=$(aws sagemaker-runtime invoke-endpoint-async \\
  {region} \\
  --endpoint-name {shlex.quote(call.endpoint)} \\
  --content-type application/json \\
  --input-location "$input" \\
  --query '[OutputLocation, FailureLocation]' --output text 2> error.txt) ||
  failed "$(cat error.txt)"
output=$(printf '%s' "$queued" | cut -f 1)
failure=$(printf '%s' "$queued" | cut -f 2)

# Prints the number of objects at a location.
count() {{
  aws s3api list-objects-v2 {region} --bucket {call.artifact_bucket} \\
    --prefix "${{1#{bucket}/}}" --no-paginate --query KeyCount --output text
}}
while [ "$(count "$output")" = 0 ]; do
  [ "$(count "$failure")" = 0 ] || {{ aws s3 cp {region} "$failure" - >&2; exit 1; }}
  sleep 1
done
aws s3 cp {region} --only-show-errors "$output" response.json
cat response.json"""


def _failed(call: Call) -> Iterator[str]:
    """Yield a function that prints SageMaker's error."""
    causes, commands = (shlex.quote(each) for each in call.not_in_service)
    yield f"""\
# Prints an error of SageMaker, with its cause if the endpoint is not in service, and exits.
failed() {{
  printf '%s\\n' "$1" >&2
  case $1 in *{shlex.quote(call.not_found)}*)
    echo {causes} >&2
    echo {commands} >&2
  esac
  exit 1
}}
"""


def _signed(call: Call) -> Iterator[str]:
    """Yield a function that sends a signed request; its first argument is the service."""
    yield f"""\
# The credentials come from the environment: aws configure export-credentials --format env
signed() {{
  service=$1; shift
  curl --silent --show-error --aws-sigv4 aws:amz:{shlex.quote(call.region)}:"$service" \\
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    ${{AWS_SESSION_TOKEN:+--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"}} "$@"
}}
"""


def _curl(call: Call) -> Iterator[str]:
    if call.hosting.is_pool:
        yield "# An update and a rollback change the live version."
        url = shlex.quote(f"{call.bucket_url}/{call.live_key}")
        yield f"live=$({_SIGNED_S3} \\\n  --fail-with-body {url})"
        yield f"version=$(printf '%s' \"$live\" | {_VERSION})\n"
    yield "response=$(signed sagemaker --fail-with-body \\"
    if call.hosting.is_pool:
        target = call.target_model("$version")
        yield f'  --header "X-Amzn-SageMaker-Target-Model: {target}" \\'
    yield "  --header 'Content-Type: application/json' \\"
    yield "  --data-binary @request.json \\"
    yield f'  {shlex.quote(call.invocation_url)}) || failed "$response"'
    yield "printf '%s\\n' \"$response\""


def _curl_async(call: Call) -> Iterator[str]:
    bucket = shlex.quote(call.bucket_url)
    yield f"""\
key={ASYNC_INPUTS}$(date +%s)-$$
{_SIGNED_S3} \\
  --fail-with-body --upload-file request.json {bucket}/"$key"
queued=$(signed sagemaker --fail-with-body --dump-header headers.txt --data '' \\
  --header 'X-Amzn-SageMaker-Content-Type: application/json' \\
  --header "X-Amzn-SageMaker-InputLocation: s3://{call.artifact_bucket}/$key" \\
  {shlex.quote(call.invocation_url)}) || failed "$queued"

# Prints the key in the header OutputLocation or FailureLocation.
key_of() {{ grep -i "^x-amzn-sagemaker-$1:" headers.txt | tr -d '\\r' | cut -d / -f 4-; }}
output=$(key_of OutputLocation)
failure=$(key_of FailureLocation)

# Writes an object to a file, and prints the HTTP status: 404 if there is none yet.
fetch() {{
  {_SIGNED_S3} \\
    --output response.json --write-out '%{{http_code}}' {bucket}/"$1"
}}
while status=$(fetch "$output") && [ "$status" = 404 ]; do
  [ "$(fetch "$failure")" = 404 ] || {{ cat response.json >&2; exit 1; }}
  sleep 1
done
cat response.json
[ "$status" = 200 ]"""


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
