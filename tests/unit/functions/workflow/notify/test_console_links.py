from __future__ import annotations

import pytest

from workflow.notify.console_links import endpoint_arn, endpoint_link, execution_link, object_link

ARN = "arn:{}:states:{}:123456789012:execution:modeldrop-deploy-model:9c1e"


@pytest.mark.parametrize(
    ("partition", "region", "console"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_console_depends_on_the_partition(partition: str, region: str, console: str) -> None:
    arn = ARN.format(partition, region)
    assert execution_link(arn) == (
        f"https://{console}/states/home?region={region}#/v2/executions/details/{arn}"
    )
    assert endpoint_link(arn, "modeldrop-resnet") == (
        f"https://{console}/sagemaker/home?region={region}#/endpoints/modeldrop-resnet"
    )
    assert object_link(arn, "s3://pages/_reports/a b.html") == (
        f"https://{console}/s3/object/pages?region={region}&prefix=_reports/a%20b.html"
    )


def test_unknown_partition_has_no_link() -> None:
    arn = ARN.format("aws-iso", "us-iso-east-1")
    assert execution_link(arn) is None
    assert endpoint_link(arn, "modeldrop-resnet") is None
    assert object_link(arn, "s3://pages/report.html") is None


def test_execution_name_is_quoted_in_the_link() -> None:
    link = execution_link(ARN.format("aws", "eu-west-1") + "?x=1#/a b")
    assert link is not None
    assert link.endswith(":9c1e%3Fx%3D1%23%2Fa%20b")


def test_endpoint_arn_is_lower_case() -> None:
    assert endpoint_arn(ARN.format("aws-cn", "cn-north-1"), "modeldrop-ResNet") == (
        "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/modeldrop-resnet"
    )
