"""Links to pages of the AWS console. Pure."""

from __future__ import annotations

from urllib.parse import quote

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}
"""By partition (AWS documentation on the China Regions, on AWS GovCloud (US), and on the AWS
European Sovereign Cloud).

The consoles of other partitions have no public address.
"""


def execution_link(execution_arn: str) -> str | None:
    """Return the page of an execution; None if its partition has no known console."""
    base = _base_url(execution_arn, "states")
    return base and f"{base}#/v2/executions/details/{quote(execution_arn, safe=':')}"


def endpoint_link(execution_arn: str, endpoint: str) -> str | None:
    """Return the page of an endpoint in the execution's account and Region."""
    base = _base_url(execution_arn, "sagemaker")
    return base and f"{base}#/endpoints/{quote(endpoint)}"


def object_link(execution_arn: str, uri: str) -> str | None:
    """Return the page of an S3 object, from which it can be opened."""
    console, region = _console(execution_arn)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return console and f"{console}/s3/object/{bucket}?region={region}&prefix={quote(key)}"


def endpoint_arn(execution_arn: str, endpoint: str) -> str:
    """Return an endpoint's ARN. SageMaker uses lower-case names in ARNs."""
    _, partition, _, region, account, *_ = execution_arn.split(":")
    return f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{endpoint.lower()}"


def _base_url(arn: str, service: str) -> str | None:
    console, region = _console(arn)
    return console and f"{console}/{service}/home?region={region}"


def _console(arn: str) -> tuple[str | None, str]:
    _, partition, _, region, *_ = arn.split(":")
    console = _CONSOLES.get(partition)
    return console and f"https://{region}.{console}", region
