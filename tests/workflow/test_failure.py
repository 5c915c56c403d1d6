"""Bad drops.

Each ends as FAILED, reports the state, the cause and the fix, and leaves nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from modeldrop.executions.outcome import Outcome
from tests.unit.model_packager.model_files import with_custom_operator
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import (
    ROWS,
    batched_linear,
    save,
    scripted_pair,
    traced_linear,
    traced_scale,
)


@dataclass(frozen=True)
class Failure:
    """The expected notification of a bad drop: the state, the error, and words of cause and fix."""

    state: str
    error: str
    says: str
    fix: str


def rejected(error: str, says: str, fix: str) -> Failure:
    return Failure("Inspect Model", error, says, fix)


def failed_test(says: str, fix: str) -> Failure:
    return Failure("Smoke Test", "SmokeTestFailed", says, fix)


def assert_failed(cloud: Cloud, name: str, outcome: Outcome, failure: Failure) -> None:
    content = content_of(outcome)
    assert outcome.execution_status == "FAILED", summary(outcome)
    found = Failure(
        content["failed_state"], content["error"], content["cause"] or "", content["fix"] or ""
    )
    assert (content["status"], found.state, found.error) == ("FAILED", failure.state, failure.error)
    assert failure.says in found.says
    assert failure.fix in found.fix
    assert content["live_version"] is None
    assert content["remaining"] == []
    assert outcome.notification.subject == f"FAILED: {name} failed at {failure.state}"
    assert outcome.notification.attributes["status"] == "FAILED"
    assert "Traceback" not in outcome.notification.words
    assert cloud.left_of(name) == []


def spec(folder: Path, text: str) -> Path:
    file = folder / "deploy.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("content", "says", "fix"),
    [
        (b"", "empty", "upload it again"),
        (b"<!DOCTYPE html><html>Not Found</html>", "HTML", "again and upload it"),
        (b"just some words\n" * 100, "plain text", "torch.jit.save"),
    ],
    ids=["empty", "html", "text"],
)
def test_no_torchscript(
    cloud: Cloud, name: str, tmp_path: Path, content: bytes, says: str, fix: str
) -> None:
    model = tmp_path / "model.pt"
    model.write_bytes(content)
    outcome = cloud.drop(name, model)
    assert_failed(cloud, name, outcome, rejected("ModelRejected", says, fix))


def test_state_dict(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.pt"
    torch.save(batched_linear().state_dict(), model)
    outcome = cloud.drop(name, model)
    assert_failed(cloud, name, outcome, rejected("ModelRejected", "state_dict", "torch.jit"))


def test_broken_spec(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = save(traced_scale(2), tmp_path / "model.pt")
    outcome = cloud.drop(name, model, spec(tmp_path, "max_batch_sise: 4\n"))
    assert_failed(cloud, name, outcome, rejected("SpecRejected", "max_batch_size", "deploy.yaml"))


def test_more_values_than_state_data_can_hold(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The emulated Step Functions has AWS's limit, and no Catch matches the error."""
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")
    sizes = ",".join(["1"] * 30_000)
    text = f"model_warmup: {{batch_sizes: [{sizes}]}}\n"
    outcome = cloud.drop(name, model, spec(tmp_path, text))
    assert_failed(
        cloud, name, outcome, rejected("SpecRejected", "more than 10,000", "Correct the line")
    )


def test_unknown_shape(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """For a scripted model without a spec, the fix contains the lines to write."""
    outcome = cloud.drop(name, save(scripted_pair(), tmp_path / "model.pt"))
    assert_failed(cloud, name, outcome, rejected("SpecRejected", "shape", "inputs:"))


def test_refused_by_triton(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """Triton cannot load the model, because its image lacks custom operators."""
    text = "inputs: [{name: INPUT__0, dtype: FP32, dims: [3]}]\n"
    model = tmp_path / "model.pt"
    model.write_bytes(with_custom_operator())
    outcome = cloud.drop(name, model, spec(tmp_path, text))
    log_group = f"/aws/sagemaker/Endpoints/{cloud.endpoint(name)}"
    says = "The model uses the operator my_operators::double, which Triton's image does not have."
    failure = Failure("Check Endpoint", "EndpointFailed", says, log_group)
    assert_failed(cloud, name, outcome, failure)
    [warning] = content_of(outcome)["warnings"]
    assert warning["code"] == "CUSTOM_OPERATORS"
    assert "- Warning: The model uses custom operators" in outcome.notification.words


def test_wrong_golden_sample(cloud: Cloud, name: str, tmp_path: Path) -> None:
    module = batched_linear()
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", module(torch.from_numpy(ROWS)).detach().numpy() + 1)
    outcome = cloud.drop(name, save(traced_linear(module), tmp_path / "model.pt"), sample=sample)
    says = "6 of 6 values of OUTPUT__0 differ from the golden sample"
    assert_failed(cloud, name, outcome, failed_test(says, "sample/expected"))


def test_nan(cloud: Cloud, name: str, tmp_path: Path) -> None:
    outcome = cloud.drop(name, save(traced_scale(float("inf")), tmp_path / "model.pt"))
    assert_failed(cloud, name, outcome, failed_test("NaN or infinite", "overflow"))


def test_output_of_another_shape(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The spec declares dims that the model does not return."""
    text = "outputs:\n  - {name: OUTPUT__0, dtype: FP32, dims: [7]}\n"
    model = save(traced_scale(2), tmp_path / "model.pt")
    outcome = cloud.drop(name, model, spec(tmp_path, text))
    assert_failed(
        cloud, name, outcome, failed_test("dims [2], but its declared dims are [7]", "dims: [2]")
    )


def test_key_without_usable_name(cloud: Cloud, tmp_path: Path) -> None:
    """The command rejects such a name at once; S3 does not."""
    folder = "no name!"
    outcome = cloud.put_and_follow(f"{folder}/model.pt", b"whatever")
    content = content_of(outcome)
    assert outcome.execution_status == "FAILED"
    assert content["model"] is None
    assert content["failed_state"] == "Inspect Model"
    assert content["error"] == "ModelRejected"
    assert "no name!" in content["cause"]
    assert "resnet/model.pt" in content["fix"]


def test_next_drop_succeeds(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """A correct drop follows a drop that Triton rejected, with the same name."""
    # Without a warm-up, because tritonserver 2.51 sometimes crashes in a failed one without a
    # message.
    text = "model_warmup: false\noutputs: [{name: OUTPUT__0, dtype: INT64, dims: [2]}]\n"
    model = save(traced_scale(2), tmp_path / "model.pt")
    bad = cloud.drop(name, model, spec(tmp_path, text))
    assert content_of(bad)["status"] == "FAILED", summary(bad)
    assert "INT64" in content_of(bad)["cause"] or "FP32" in content_of(bad)["cause"]
    good = cloud.drop(name, model)
    assert content_of(good)["status"] == "SUCCEEDED", summary(good)
