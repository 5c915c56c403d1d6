"""Drops that end as tested endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from model_packager.exporter import export_torchvision
from tests.binary_inference import binary_request, binary_result
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import (
    ROWS,
    Choice,
    Embedding,
    OneAtATime,
    Product,
    batched_linear,
    frozen,
    load,
    quantized,
    save,
    scripted_pair,
    traced,
    traced_linear,
)

Array = NDArray[np.float32]

PIPELINE = [
    "Receive Drop",
    "Drop Type?",
    "Inspect Model",
    "CPU Test?",
    "Package Model",
    "Create Model",
    "Create Endpoint Config",
    "Create Endpoint",
    "Wait for Endpoint",
    "Check Endpoint",
    "Endpoint Ready?",
    "Smoke Test",
    "Tested in Staging?",
    "Record Deployment",
    "Scale Endpoint",
    "Remove Old Versions",
    "Write Report",
    "Publish Result",
    "Deployment Result?",
    "Deployment Finished",
]


def test_golden_sample(cloud: Cloud, name: str, tmp_path: Path) -> None:
    module = batched_linear()
    model = save(traced_linear(module), tmp_path / "model.pt")
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", module(torch.from_numpy(ROWS)).detach().numpy())

    outcome = cloud.drop(name, model, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    content = content_of(outcome)
    assert content["status"] == "SUCCEEDED"
    assert content["model"] == name
    assert content["endpoint"] == cloud.endpoint(name)
    assert content["live_version"] == content["version"]
    assert content["smoke"]["input"] == "sample/input.npy"
    assert content["smoke"]["golden"].startswith("sample/expected.npy: OUTPUT__0 within")
    assert content["smoke"]["output_shapes"] == {"OUTPUT__0": [2, 3]}
    assert content["failed_state"] is None
    assert set(content["timings"]) >= {"Inspect Model", "Package Model", "Smoke Test"}
    assert outcome.notification.subject == f"SUCCEEDED: {name} is live"
    assert outcome.notification.attributes["status"] == "SUCCEEDED"
    assert outcome.notification.attributes["model"] == name
    states = cloud.states_of(outcome)
    assert [each for i, each in enumerate(states) if each not in states[:i]] == PIPELINE


def test_spec_names_and_json(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """TensorRT-style names, a model without a batch dimension, JSON requests."""
    model = save(scripted_pair(), tmp_path / "model.pt")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(
        """
        max_batch_size: 0
        inputs:
          - {name: left, dtype: FP32, dims: [2, -1], example_dims: [2, 5]}
          - {name: right, dtype: INT64, dims: [2, 5]}
        outputs:
          - {name: SUM, dtype: FP32, dims: [2, 5]}
          - {name: COUNT, dtype: INT64, dims: [1]}
        smoke_test: {request_format: json, requests: 2}
        """
    )

    outcome = cloud.drop(name, model, spec=spec)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    smoke = content_of(outcome)["smoke"]
    assert smoke["request_format"] == "json"
    assert smoke["requests"] == 2
    assert smoke["output_shapes"] == {"SUM": [2, 5], "COUNT": [1]}
    assert smoke["input"] == "random data, seed 0"


@pytest.mark.parametrize(
    ("module", "example", "shapes"),
    [
        (Choice(), [torch.zeros(1, 6)], {"OUTPUT__0": [1]}),
        (
            Embedding(),
            [torch.zeros(1, 5, dtype=torch.int64), torch.ones(1, 5)],
            {"OUTPUT__0": [1, 4], "OUTPUT__1": [1, 4]},
        ),
        (OneAtATime(), [torch.zeros(1, 3, 2)], {"OUTPUT__0": [1, 6]}),
        (Product(), [torch.zeros(3, 5), torch.zeros(5, 3)], {"OUTPUT__0": [3, 3]}),
    ],
    ids=["integers", "tuple", "baked", "unbatched"],
)
def test_traced_without_a_spec(
    cloud: Cloud,
    name: str,
    tmp_path: Path,
    module: torch.nn.Module,
    example: list[torch.Tensor],
    shapes: dict[str, list[int]],
) -> None:
    """Models as users trace them, without other files."""
    outcome = cloud.drop(name, save(traced(module, *example), tmp_path / "model.pt"))
    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["output_shapes"] == shapes


@pytest.mark.parametrize("kind", ["frozen", "quantized"])
def test_kind_of_torchscript(cloud: Cloud, name: str, tmp_path: Path, kind: str) -> None:
    module = batched_linear()
    rows = torch.from_numpy(ROWS)
    script = frozen(module) if kind == "frozen" else quantized(module, rows[:1])
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", script(rows).detach().numpy())
    spec = tmp_path / "deploy.yaml"
    spec.write_text("inputs: [{name: INPUT__0, dtype: FP32, dims: [4]}]\n")
    outcome = cloud.drop(name, save(script, tmp_path / "model.pt"), spec, sample)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["golden"].startswith("sample/expected.npy")


def test_resnet50(cloud: Cloud, tmp_path: Path) -> None:
    """ResNet-50, with equal JSON and binary responses."""
    model = tmp_path / "model.pt"
    export_torchvision("resnet50", model)

    outcome = cloud.drop("resnet", model)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    signature = content_of(outcome)["signature"]
    assert [(t["name"], t["dtype"], t["dims"]) for t in signature["inputs"]] == [
        ("INPUT__0", "FP32", [3, 224, 224])
    ]
    assert [(t["name"], t["dims"]) for t in signature["outputs"]] == [("OUTPUT__0", [1000])]
    picture = np.random.default_rng(7).standard_normal((1, 3, 224, 224)).astype(np.float32)
    binary, as_json = (ask(cloud, "resnet", picture, binary=each) for each in (True, False))
    expected = load(model)(torch.from_numpy(picture)).detach().numpy()
    np.testing.assert_allclose(binary, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(as_json, binary, rtol=1e-5, atol=1e-6)


def ask(cloud: Cloud, model: str, picture: Array, *, binary: bool) -> Array:
    if binary:
        request = binary_request({"INPUT__0": picture}, ["OUTPUT__0"])
        answer: Array = binary_result(*cloud.invoke(model, *request)).as_numpy("OUTPUT__0")
        return answer
    tensor = InferInput("INPUT__0", picture.shape, "FP32")
    tensor.set_data_from_numpy(picture, binary_data=False)
    body, _ = InferenceServerClient.generate_request_body(
        [tensor], outputs=[InferRequestedOutput("OUTPUT__0", binary_data=False)]
    )
    content, _ = cloud.invoke(model, bytes(body), "application/json")
    output = json.loads(content)["outputs"][0]
    return np.array(output["data"], np.float32).reshape(output["shape"])
