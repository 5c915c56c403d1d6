"""The life of a serverless endpoint: first drop, update, rejection and retirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.client_programs import answer
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import linear_drop

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "hosting: {mode: serverless, memory_mb: 2048, max_concurrency: 3}\n"


def test_life_of_a_serverless_endpoint(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec, sample, expected = linear_drop(tmp_path, SPEC)

    first = cloud.drop(name, model, spec, sample)
    assert first.execution_status == "SUCCEEDED", summary(first)
    content = content_of(first)
    assert content["hosting_mode"] == "serverless"
    smoke = content["smoke"]
    assert smoke["first_ms"] > smoke["p50_ms"]  # the first request starts the container
    assert "Cold start: " in report_of(cloud, content["report"])
    [variant] = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))[
        "ProductionVariants"
    ]
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 3}

    invoked = modeldrop(cloud, "invoke", name, str(sample / "input.npy"), "--json")
    assert invoked.code == 0, invoked.err
    assert invoked.document["outputs"][0]["data"] == expected.tolist()

    environment = cloud.embedded.environment()
    for language, code in cloud.programs(name).items():
        assert answer(language, code, tmp_path, environment) == [4.0] * 3

    spec.write_text(SPEC.replace("2048", "3072"))
    second = cloud.drop(name, model, spec, sample)
    assert second.execution_status == "SUCCEEDED", summary(second)
    assert content_of(second)["superseded_version"] == content["version"]

    np.save(sample / "expected.npy", expected + 1)
    wrong = cloud.drop(name, model, spec, sample)
    assert content_of(wrong)["failed_state"] == "Smoke Test", summary(wrong)
    assert content_of(wrong)["live_version"] == content_of(second)["version"]

    retired = cloud.delete(name)
    assert retired.content["status"] == "RETIRED"
    assert cloud.left_of(name) == []


def report_of(cloud: Cloud, uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    page: str = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return page
