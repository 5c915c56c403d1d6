"""The load profile of a drop, and `modeldrop bench` on the live version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from modeldrop.local.sagemaker.faults import EndpointFault
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import ROWS, save_scale

if TYPE_CHECKING:
    from pathlib import Path

# It answers five requests, two batches and eight rows; then the load test starts.
TIRES = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.answered = 0

    def execute(self, requests):
        self.answered += len(requests)
        if self.answered > 30:
            raise RuntimeError("worn out")
        return [
            pb_utils.InferenceResponse(
                output_tensors=[
                    pb_utils.Tensor("same", pb_utils.get_input_tensor_by_name(each, "x").as_numpy())
                ]
            )
            for each in requests
        ]
"""


def test_load_is_published_recorded_and_measured_again(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    model = save_scale(2, tmp_path / "model.onnx")
    spec = tmp_path / "deploy.yaml"
    spec.write_text("smoke_test: {max_p95_ms: 30000, load: {concurrency: [1, 3], seconds: 0.5}}\n")
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS[:, :2])

    outcome = cloud.drop(name, model, spec, sample)

    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    smoke = content_of(outcome)["smoke"]
    assert "no errors with up to 3 concurrent clients" in smoke["checks"]
    assert levels(smoke["load"]) == [(1, "binary"), (3, "binary"), (1, "json")]
    for point in smoke["load"]:
        assert point["requests"] >= point["concurrency"]
        assert 0 < point["p50_ms"] <= point["p90_ms"] <= point["p95_ms"] <= point["p99_ms"]
        # Each request is a batch of two rows.
        assert abs(point["items_per_second"] - 2 * point["requests_per_second"]) < 0.3
    said = " ".join(outcome.notification.words.split())
    assert "- Best load level: " in said
    assert "(limit: 30000 ms)" in said
    key = f"{name}/{content_of(outcome)['version']}/deployment.json"
    record = cloud.client("s3").get_object(
        Bucket=cloud.embedded.output("ArtifactBucketName"), Key=key
    )
    assert json.load(record["Body"])["smoke"]["load"] == smoke["load"]

    benched = modeldrop(cloud, "bench", name, "--concurrency", "2", "--seconds", "0.3", "--json")
    assert benched.code == 0, benched.err
    document = benched.document
    assert document["version"] == content_of(outcome)["version"]
    assert document["input"] == "sample/input.npy"
    assert levels(document["points"]) == [(2, "binary"), (2, "json")]
    assert document["points"][0]["request_bytes"] == smoke["request_bytes"]
    assert document["best"] == document["points"][0]
    assert document["first_ms"] > 0

    other = tmp_path / "other.npy"
    np.save(other, ROWS[:1, :2])
    shown = modeldrop(cloud, "bench", name, "--input", str(other), "--seconds", "0.1")
    assert (shown.code, shown.out) == (0, ""), shown.err
    assert "other.npy" in shown.err
    assert "Best load level: " in " ".join(shown.err.split())

    endpoint = cloud.endpoint(name)
    cloud.faults.add(EndpointFault(kind="server_error", endpoint_contains=endpoint, reason="no"))
    broken = modeldrop(cloud, "bench", name, "--concurrency", "1", "--seconds", "0.1")
    cloud.faults.clear(endpoint)
    assert broken.code == 1
    assert broken.err.startswith("The first request failed: ")


def test_error_under_load_ends_the_deployment(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec = tmp_path / "model.py", tmp_path / "deploy.yaml"
    model.write_text(TIRES)
    spec.write_text(
        """
        max_batch_size: 8
        inputs: [{name: x, dtype: FP32, dims: [4]}]
        outputs: [{name: same, dtype: FP32, dims: [4]}]
        smoke_test: {requests: 5, load: {concurrency: [2], seconds: 20}}
        """
    )
    outcome = cloud.drop(name, model, spec)
    content = content_of(outcome)
    assert (content["status"], content["failed_state"]) == ("FAILED", "Smoke Test"), summary(
        outcome
    )
    assert content["cause"].startswith(
        "With 2 concurrent clients (binary), a request failed after "
    )
    assert "worn out" in content["cause"]
    assert "smoke_test.load.concurrency" in content["fix"]
    assert cloud.left_of(name) == []


def test_bench_without_a_live_model_is_a_usage_error(cloud: Cloud) -> None:
    ended = modeldrop(cloud, "bench", "nothing-of-the-kind")
    assert (ended.code, ended.out) == (2, "")
    assert "nothing-of-the-kind has no live version." in ended.err


def levels(points: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(each["concurrency"], each["request_format"]) for each in points]
