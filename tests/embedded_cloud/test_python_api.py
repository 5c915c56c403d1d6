"""The Python API as a program uses it, on the local cloud with a real tritonserver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import modeldrop
from model_packager.rejection import ModelRejected

if TYPE_CHECKING:
    from modeldrop.local.cloud_state import EmbeddedCloud


@pytest.fixture
def stack(embedded: EmbeddedCloud) -> modeldrop.Stack:
    return modeldrop.Stack(local=True, home=embedded.home)


class Twice(torch.nn.Module):
    """A model with two outputs, one for each column."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return 2 * left, left + right


def test_module_is_deployed_called_and_deleted(stack: modeldrop.Stack) -> None:
    inputs = (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]))
    deployment = modeldrop.drop(
        Twice(),
        name="twice",
        example_inputs=inputs,
        golden=(
            {"INPUT__0": inputs[0].numpy(), "INPUT__1": inputs[1].numpy()},
            {
                "OUTPUT__0": np.array([[2, 4]], np.float32),
                "OUTPUT__1": np.array([[4, 6]], np.float32),
            },
        ),
        spec={"smoke_test": {"requests": 2}},
        stack=stack,
    )
    states = [each.name for each in deployment]
    assert {"Inspect Model", "Smoke Test", "Publish Result"} <= set(states)
    content = deployment.wait()
    assert (content["status"], content["model"]) == ("SUCCEEDED", "twice")
    assert "SUCCEEDED" in deployment._repr_html_()

    twice = modeldrop.Endpoint("twice", stack=stack)
    outputs = twice([1.0, 2.0], input_1=[[10.0, 20.0]])
    assert isinstance(outputs, dict)
    np.testing.assert_array_equal(outputs["OUTPUT__0"], [[2, 4]])
    np.testing.assert_array_equal(outputs["OUTPUT__1"], [[11, 22]])
    with pytest.raises(modeldrop.UsageError, match="twice also needs: INPUT__1"):
        twice([1.0, 2.0])
    assert [each.version for each in twice.history().records] == [content["version"]]
    assert "twice" in [each.model for each in modeldrop.models(stack)]
    assert 'ENDPOINT = "modeldrop-twice"' in twice.snippet()
    with pytest.raises(modeldrop.UsageError, match="no version older"):
        twice.rollback()
    assert twice.delete()["status"] == "RETIRED"
    with pytest.raises(modeldrop.UsageError, match="no live version"):
        modeldrop.Endpoint("twice", stack=stack)


def test_failed_deployment_raises_with_cause_and_fix(stack: modeldrop.Stack, double: Path) -> None:
    deployment = modeldrop.drop(
        double, name="wrong", golden=([[1.0, 2.0]], np.array([[9.0, 9.0]])), stack=stack
    )
    with pytest.raises(modeldrop.DeploymentFailed) as failed:
        deployment.wait()
    assert "differ from the golden sample" in failed.value.cause
    assert failed.value.fix
    assert failed.value.content["failed_state"] == "Smoke Test"


def test_rejected_model_is_not_uploaded(stack: modeldrop.Stack, tmp_path: Path) -> None:
    (tmp_path / "bad.pt").write_bytes(b"<html>")
    with pytest.raises(ModelRejected) as rejected:
        modeldrop.drop(tmp_path / "bad.pt", stack=stack)
    assert rejected.value.fix
    s3 = stack.find().session.client("s3")
    bucket = stack.find().outputs["DropBucketName"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="bad/")
