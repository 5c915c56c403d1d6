"""`status`, `invoke` and `logs` for a live model, and for a rejected one."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from modeldrop.local.sagemaker.faults import EndpointFault
from tests.workflow.command import COMMAND, Ended, modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.executions import until_in_workflow
from tests.workflow.models import (
    NO_STAGING,
    batched_linear,
    save,
    save_scale,
    traced,
    traced_linear,
)

if TYPE_CHECKING:
    from pathlib import Path


class Brightest(torch.nn.Module):
    """FP32 [N, 3, 4, 4] to the mean of each channel, FP32 [N, 3]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


PICTURE_SPEC = """\
smoke_test: {picture: {resize: 4, crop: 4, mean: [0, 0, 0], std: [1, 1, 1]}}
"""


def live(cloud: Cloud, name: str, model: Path, spec: Path | None = None) -> str:
    outcome = cloud.drop(name, model, spec)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    version: str = content_of(outcome)["version"]
    return version


def status(cloud: Cloud, name: str) -> Any:
    [model] = modeldrop(cloud, "status", name, "--json").document["models"]
    return model


def until_requests_counted(cloud: Cloud, name: str, requests: int) -> Any:
    """Wait until CloudWatch has counted this many requests, and return the status."""

    def counted() -> Any:
        found = status(cloud, name)
        return found if found["requests_last_hour"] >= requests else None

    return until_in_workflow(counted, f"fewer than {requests} requests are counted")


def completed(cloud: Cloud, beginning: str) -> list[str]:
    """Return bash's completions of `modeldrop status --local --home … <beginning>`."""
    home = str(cloud.embedded.home)
    typed = ["modeldrop", "status", "--local", "--home", home, beginning]
    environment = {
        "_MODELDROP_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(typed),
        "COMP_CWORD": str(len(typed) - 1),
    }
    done = subprocess.run(
        [COMMAND], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


def lines(ended: Ended) -> list[str]:
    return [line.partition("Z  ")[2] for line in ended.out.splitlines()]


def test_status_of_a_live_model(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt", "cat", "dog", "fox")
    version = live(cloud, name, model)
    before = status(cloud, name)
    rows = np.array([[1, 2, 3, 4], [0, -1, 0.5, 2]], np.float32)
    np.save(tmp_path / "rows.npy", rows)
    wanted = batched_linear()(torch.from_numpy(rows)).detach().numpy()

    arguments = ("invoke", name, str(tmp_path / "rows.npy"), "--repeat", "5", "--top", "2")
    ended = modeldrop(cloud, *arguments, "-o", str(tmp_path / "answer.npz"), "--json")
    assert ended.code == 0, ended.err
    document = ended.document
    [output] = document["outputs"]
    assert (output["dtype"], output["shape"], document["version"]) == ("FP32", [2, 3], version)
    np.testing.assert_allclose(output["data"], wanted, rtol=1e-5)
    with np.load(tmp_path / "answer.npz") as kept:
        np.testing.assert_array_equal(kept[output["name"]], np.float32(output["data"]))
    order = np.argsort(wanted)[:, ::-1][:, :2]
    assert [[each["index"] for each in item] for item in document["top"]] == order.tolist()
    labels = [[each["label"] for each in item] for item in document["top"]]
    assert labels == [[["cat", "dog", "fox"][index] for index in item] for item in order]
    found = document["latency_ms"]
    assert document["requests"] == 5
    assert 0 < found["min"] <= found["p50"] <= found["max"]
    assert found["p95"] is None  # of five requests

    after = until_requests_counted(cloud, name, before["requests_last_hour"] + 6)
    assert (after["live"], after["serving"], after["last_result"]) == (
        version,
        version,
        "SUCCEEDED",
    )
    assert (after["endpoint_status"], after["instance_count"]) == ("InService", 1)
    assert after["last_execution"]["ended"]

    # The model has no golden sample, so the data is random.
    shown = modeldrop(cloud, "invoke", name)
    assert (shown.code, shown.out) == (0, "")
    assert "random data" in shown.err
    assert "fox" in shown.err
    shown = modeldrop(cloud, "status")
    assert (shown.code, shown.out) == (0, "")
    assert version in shown.err
    assert completed(cloud, name[:-2]) == [name]
    assert completed(cloud, "no-such") == []


def test_picture_and_json(cloud: Cloud, name: str, tmp_path: Path) -> None:
    spec = tmp_path / "deploy.yaml"
    spec.write_text(PICTURE_SPEC)
    model = save(traced(Brightest(), torch.zeros(1, 3, 4, 4)), tmp_path / "model.pt")
    live(cloud, name, model, spec)
    Image.new("RGB", (8, 8), (255, 51, 0)).save(tmp_path / "red.PNG")
    document = modeldrop(cloud, "invoke", name, str(tmp_path / "red.PNG"), "--json").document
    np.testing.assert_allclose(document["outputs"][0]["data"], [[1, 0.2, 0]], atol=1e-6)
    assert document["top"] == []  # the model has no labels

    inputs = {"INPUT__0": np.full((1, 3, 4, 4), 2.0).tolist()}
    (tmp_path / "request.json").write_text(json.dumps(inputs))
    document = modeldrop(cloud, "invoke", name, str(tmp_path / "request.json"), "--json").document
    assert document["outputs"][0]["data"] == [[2, 2, 2]]

    (tmp_path / "text.png").write_text("no picture")
    np.save(tmp_path / "flat.npy", np.zeros((1, 3), np.float32))
    np.save(tmp_path / "words.npy", np.array(["a"]))
    for file, says in (
        ("text.png", "cannot be read as a picture"),
        ("flat.npy", f"{name} expects INPUT__0 FP32 [N, 3, 4, 4]."),
        ("words.npy", f"{name} expects INPUT__0 FP32 [N, 3, 4, 4]."),
    ):
        ended = modeldrop(cloud, "invoke", name, str(tmp_path / file))
        assert (ended.code, ended.out) == (2, "")
        assert says in ended.err
        assert "Traceback" not in ended.err


def test_refused_by_the_model(cloud: Cloud, name: str, tmp_path: Path) -> None:
    live(cloud, name, save_scale(2, tmp_path / "model.onnx"))
    np.save(tmp_path / "many.npy", np.zeros((9, 2), np.float32))  # max_batch_size is 8
    ended = modeldrop(cloud, "invoke", name, str(tmp_path / "many.npy"))
    assert (ended.code, ended.out) == (1, "")
    assert "The model refused the request:" in ended.err
    assert "batch" in ended.err
    assert f"modeldrop logs {name}" in ended.err


def test_log_of_the_container_and_of_the_deployment(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    live(cloud, name, save_scale(2, tmp_path / "model.onnx"))
    until_in_workflow(lambda: "READY" in modeldrop(cloud, "logs", name).out, "the log has no READY")
    document = modeldrop(cloud, "logs", name, "--since", "1h", "--json").document
    assert document["source"] == f"/aws/sagemaker/Endpoints/{cloud.endpoint(name)}"
    assert any("READY" in each["text"] for each in document["lines"])

    logged = lines(modeldrop(cloud, "logs", name, "--deployment"))
    for state in ("Inspect Model", "Smoke Test", "Publish Result"):
        assert state in logged
    assert logged[-1] == "The execution SUCCEEDED"


def test_failed_drop_is_the_last_result_and_its_log_has_the_cause(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    version = live(cloud, name, save_scale(2, tmp_path / "2.onnx"))
    endpoint = cloud.endpoint(name)
    cloud.faults.add(
        EndpointFault(kind="roll_back", endpoint_contains=endpoint, reason="No capacity today.")
    )
    spec = tmp_path / "deploy.yaml"
    spec.write_text(NO_STAGING)
    failed = cloud.drop(name, save_scale(3, tmp_path / "3.onnx"), spec)
    assert content_of(failed)["status"] != "SUCCEEDED"
    found = status(cloud, name)
    assert (found["live"], found["serving"]) == (version, version)
    assert found["last_result"] == "ROLLED_BACK"
    assert found["last_execution"]["error"] == "EndpointRolledBack"
    shown = modeldrop(cloud, "status", name)
    assert shown.code == 0
    assert f"modeldrop logs {name} --deployment" in shown.err
    logged = lines(modeldrop(cloud, "logs", name, "--deployment"))
    assert any("failed: EndpointRolledBack" in line for line in logged)


def test_refused_drop_of_a_new_model(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.pt"
    model.write_bytes(b"<html>404</html>")
    assert content_of(cloud.drop(name, model))["status"] == "FAILED"
    ended = modeldrop(cloud, "status", name, "--json")
    [found] = ended.document["models"]
    assert ended.code == 1
    assert (found["live"], found["endpoint_status"]) == (None, None)
    assert (found["last_result"], found["last_execution"]["error"]) == ("FAILED", "ModelRejected")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("status", "nobody"), 'No model named "nobody".'),
        (("invoke", "nobody"), "nobody has no live version"),
        (("logs", "nobody"), "no container of nobody has started"),
        (("logs", "nobody", "--deployment"), "No recent deployment of nobody"),
    ],
)
def test_unknown_model_is_a_usage_error(
    cloud: Cloud, arguments: tuple[str, ...], says: str
) -> None:
    ended = modeldrop(cloud, *arguments, "--json")
    assert ended.code == 2
    assert says in ended.document["cause"]
