"""The smoke test: versions that pass, and versions that fail, with cause and fix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from modeldrop.local.sagemaker.faults import EndpointFault
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import (
    ROWS,
    Forgetful,
    Normalized,
    Scored,
    save,
    traced,
    traced_in_training,
    traced_scale,
)

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.executions.outcome import Outcome

FORM = "names, dtypes, shapes and values of all outputs"
REPEATED = "repeated requests get the same output"
BATCHED = "a row gets the same output alone and in a batch of 8"
CLIENTS = "each of 4 concurrent clients gets its own rows"

# Triton's Python backend passes the requests of a dynamic batch as a list.
OTHERS_ANSWERS = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        tensors = [pb_utils.get_input_tensor_by_name(each, "input").as_numpy() for each in requests]
        return [
            pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("same", tensor)])
            for tensor in reversed(tensors)
        ]
"""


@dataclass(frozen=True)
class Folder:
    """A drop's folder, with a model and the files next to it."""

    path: Path

    def model(self, script: Any, *labels: str) -> Path:
        return save(script, self.path / "model.pt", *labels)

    def spec(self, text: str) -> Path:
        file = self.path / "deploy.yaml"
        file.write_text(text)
        return file

    def sample(self, rows: Any, **expected: Any) -> Path:
        """Write the input, and the expected arrays by name, or `classes` as expected.json."""
        folder = self.path / "sample"
        folder.mkdir()
        np.save(folder / "input.npy", rows)
        if "classes" in expected:
            (folder / "expected.json").write_text(json.dumps(expected["classes"]))
        elif expected:
            np.savez(folder / "expected.npz", **expected)
        return folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def assert_stopped(cloud: Cloud, name: str, outcome: Outcome, says: str, fix: str) -> None:
    content = content_of(outcome)
    assert (content["status"], content["failed_state"]) == ("FAILED", "Smoke Test"), summary(
        outcome
    )
    assert says in content["cause"]
    assert fix in content["fix"]
    assert cloud.left_of(name) == []


def test_all_checks_are_in_the_notification(cloud: Cloud, name: str, folder: Folder) -> None:
    scores = torch.from_numpy(ROWS).softmax(1).numpy()
    outcome = cloud.drop(
        name,
        folder.model(traced(Scored(), torch.zeros(1, 4))),
        folder.spec(
            """
            dynamic_batching: {max_queue_delay_microseconds: 20000}
            outputs:
              - {name: OUTPUT__0, dtype: FP32, dims: [4]}
              - {name: OUTPUT__1, dtype: INT64, dims: [1]}
            smoke_test: {max_p50_ms: 20000, max_p95_ms: 30000}
            """
        ),
        folder.sample(ROWS, OUTPUT__0=scores, OUTPUT__1=np.array([[3], [3]])),
    )
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    smoke = content_of(outcome)["smoke"]
    assert smoke["checks"] == [
        FORM,
        REPEATED,
        "the golden sample",
        BATCHED,
        CLIENTS,
        "the median latency is at most 20000 ms",
        "the 95th percentile of the latency is at most 30000 ms",
    ]
    assert smoke["golden"] == (
        "sample/expected.npz: OUTPUT__0 within rtol 0.001, atol 0.001; OUTPUT__1 equal"
    )
    assert smoke["requests"] == 51
    assert smoke["limits"] == {"p50_ms": 20000, "p95_ms": 30000}


def test_expected_classes(cloud: Cloud, name: str, folder: Folder) -> None:
    """One expectation for each item; the first item's second class scores 0.236."""
    classes = [{"top_class": 3, "min_score": 0.6}, {"classes": [0, 3], "within_top": 3}]
    model = folder.model(traced(Scored(), torch.zeros(1, 4)))
    outputs = "outputs: [{name: OUTPUT__0, dtype: FP32, dims: [4]}]"
    outcome = cloud.drop(name, model, folder.spec(outputs), folder.sample(ROWS, classes=classes))
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["golden"] == (
        "sample/expected.json: 2 items: class 3 is in the top 1, with a score of at least 0.6; "
        "classes 0, 3 are in the top 3"
    )


def test_score_too_low(cloud: Cloud, name: str, folder: Folder) -> None:
    model = folder.model(traced(Scored(), torch.zeros(1, 4)))
    sample = folder.sample(ROWS[:1], classes={"top_class": 3, "min_score": 0.9})
    outputs = "outputs: [{name: OUTPUT__0, dtype: FP32, dims: [4]}]"
    outcome = cloud.drop(name, model, folder.spec(outputs), sample)
    assert_stopped(cloud, name, outcome, "the score is 0.643", "min_score")


@pytest.mark.parametrize("label", ["dog", "cat"])
def test_label(cloud: Cloud, name: str, folder: Folder, label: str) -> None:
    """Class 3 is "dog" in labels.txt."""
    model = folder.model(traced(Scored(), torch.zeros(1, 4)), "ant", "bee", "cat", "dog")
    sample = folder.sample(ROWS[:1], classes={"top_class": 3, "label": label})
    outputs = "outputs: [{name: OUTPUT__0, dtype: FP32, dims: [4]}]"
    outcome = cloud.drop(name, model, folder.spec(outputs), sample)
    if label == "dog":
        assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
        assert content_of(outcome)["smoke"]["top"][0]["label"] == "dog"
    else:
        says = "labels class 3 'cat', but labels.txt labels it 'dog'"
        assert_stopped(cloud, name, outcome, says, "labels.txt")


def test_infinity_that_is_expected(cloud: Cloud, name: str, folder: Folder) -> None:
    """A mask produces infinity. Without the golden sample, the same model is rejected."""
    model = folder.model(traced_scale(float("inf")))
    ones = np.ones((1, 2), np.float32)
    outcome = cloud.drop(name, model, sample=folder.sample(ones, OUTPUT__0=ones * np.inf))
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["checks"] == [
        FORM,
        REPEATED,
        "the golden sample",
        BATCHED,
        CLIENTS,
    ]


def test_dropout_is_active(cloud: Cloud, name: str, folder: Folder) -> None:
    model = folder.model(traced_in_training(Forgetful(), torch.zeros(1, 64)))
    outcome = cloud.drop(name, model)
    assert_stopped(cloud, name, outcome, "Repeated requests get different outputs", "model.eval()")


def test_sampling_model_passes_if_allowed(cloud: Cloud, name: str, folder: Folder) -> None:
    model = folder.model(traced_in_training(Forgetful(), torch.zeros(1, 64)))
    outcome = cloud.drop(name, model, folder.spec("smoke_test: {deterministic: false}"))
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["checks"] == [FORM, "a batch of 8 works"]


def test_rows_are_mixed(cloud: Cloud, name: str, folder: Folder) -> None:
    model = folder.model(traced_in_training(Normalized(), torch.randn(1, 3, 8)))
    outcome = cloud.drop(name, model)
    assert_stopped(cloud, name, outcome, "mixes the rows of a batch", "BatchNorm in training mode")


def test_rows_that_belong_together_may_mix(cloud: Cloud, name: str, folder: Folder) -> None:
    model = folder.model(traced_in_training(Normalized(), torch.randn(1, 3, 8)))
    outcome = cloud.drop(name, model, folder.spec("max_batch_size: 1"))
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["checks"] == [FORM, REPEATED]


def test_clients_get_each_others_rows(cloud: Cloud, name: str, folder: Folder) -> None:
    """Sequential requests succeed; requests that share a batch get each other's responses."""
    model = folder.path / "model.py"
    model.write_text(OTHERS_ANSWERS)
    spec = folder.spec(
        """
        max_batch_size: 8
        dynamic_batching: {preferred_batch_sizes: [4], max_queue_delay_microseconds: 500000}
        inputs: [{name: input, dtype: FP32, dims: [4]}]
        outputs: [{name: same, dtype: FP32, dims: [4]}]
        """
    )
    outcome = cloud.drop(name, model, spec, folder.sample(ROWS[:1]))
    says = "Of 4 concurrent clients, one received an output same that is not its own"
    assert_stopped(cloud, name, outcome, says, "turn off dynamic_batching")


def test_too_slow(cloud: Cloud, name: str, folder: Folder) -> None:
    cloud.faults.add(
        EndpointFault(
            kind="slow_response", endpoint_contains=cloud.endpoint(name), seconds=0.3, times=None
        )
    )
    model = folder.model(traced_scale(2))
    outcome = cloud.drop(name, model, folder.spec("smoke_test: {max_p50_ms: 250, requests: 5}"))
    cloud.faults.clear(cloud.endpoint(name))
    says = "smoke_test.max_p50_ms is 250 (4 sequential requests with random data, seed 0, "
    assert_stopped(cloud, name, outcome, says, "endpoint.instance_type")
