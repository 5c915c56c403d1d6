"""Where the AWS console shows a thing. Pure."""

from __future__ import annotations

from urllib.parse import quote

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""By partition (AWS documentation on the China Regions, and on AWS GovCloud (US)).

The consoles of other partitions have no address that is public.
"""


def execution_link(execution_arn: str) -> str | None:
    """Give the page of an execution; None where its partition has no console that we know."""
    home = _home(execution_arn, "states")
    return home and f"{home}#/v2/executions/details/{quote(execution_arn, safe=':')}"


def endpoint_link(execution_arn: str, endpoint: str) -> str | None:
    """Give the page of an endpoint where an execution runs."""
    home = _home(execution_arn, "sagemaker")
    return home and f"{home}#/endpoints/{quote(endpoint)}"


def object_link(execution_arn: str, uri: str) -> str | None:
    """Give the page of an S3 object, from which it can be opened, where an execution runs."""
    console, region = _console(execution_arn)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return console and f"{console}/s3/object/{bucket}?region={region}&prefix={quote(key)}"


def endpoint_arn(execution_arn: str, endpoint: str) -> str:
    """Name an endpoint where an execution runs; SageMaker writes names in lower case into ARNs."""
    _, partition, _, region, account, *_ = execution_arn.split(":")
    return f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{endpoint.lower()}"


def _home(arn: str, service: str) -> str | None:
    console, region = _console(arn)
    return console and f"{console}/{service}/home?region={region}"


def _console(arn: str) -> tuple[str | None, str]:
    _, partition, _, region, *_ = arn.split(":")
    console = _CONSOLES.get(partition)
    return console and f"https://{region}.{console}", region
