"""Pastes the commands of failure notifications into a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tests.embedded_cloud.user_shell import bash
from tests.waiting import eventually
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import jit, save, save_scale

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.executions.outcome import Outcome
    from modeldrop.executions.published import Published
    from tests.topic_queue import TopicQueue

EXPORTS = 'eval "$(modeldrop local env)"\n'


def pasted(cloud: Cloud, folder: Path, command: str) -> str:
    """Run a command as a user of the embedded cloud does. It may fail."""
    folder.mkdir(exist_ok=True)
    return bash(f"{EXPORTS}{{ {command}; }} 2>&1 || true", folder, cloud.embedded.home)


def next_of(results: TopicQueue) -> Published:
    """Wait for the next notification."""
    found: list[Published] = []

    def has_come() -> bool:
        found.extend(results.notifications(wait_seconds=1))
        return bool(found)

    assert eventually(has_come, 120)
    return found[0]


def commands_of(outcome: Outcome) -> list[str]:
    """Return the commands under Next steps, as the email shows them."""
    steps = outcome.notification.words.partition("Next steps:\n")[2].partition("\n\nIn the AWS")[0]
    lines = [each.strip() for each in steps.splitlines()]
    return [each for each in lines if each.startswith(("aws ", "modeldrop "))]


def test_wrong_dims_are_corrected_with_deploy_yaml_alone(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    model = save(jit.script(torch.nn.Linear(8, 3).eval()), tmp_path / "model.pt")
    spec = tmp_path / "deploy.yaml"
    spec.write_text("model_warmup: false\ninputs: [{name: INPUT__0, dtype: FP32, dims: [5]}]\n")
    bad = cloud.drop(name, model, spec)
    content = content_of(bad)
    assert content["cause"] == "INPUT__0 is [5] in deploy.yaml; the model needs [8].", summary(bad)
    assert content["remedy"] == "correct deploy.yaml"
    assert "mat1 and mat2 shapes cannot be multiplied" in content["evidence"]

    desk = tmp_path / "desk"
    fetch, upload = commands_of(bad)
    pasted(cloud, desk, fetch)
    assert (desk / "deploy.yaml").read_text() == spec.read_text()
    lines = content["fix"].partition(":\n")[2]
    (desk / "deploy.yaml").write_text(f"model_warmup: false\n{lines}\n")
    with cloud.subscribe("ResultTopicArn", model=[name]) as results:
        pasted(cloud, desk, upload)
        published = next_of(results)
    assert published.content["status"] == "SUCCEEDED", published.content["cause"]


def test_missing_spec_becomes_an_empty_file(cloud: Cloud, name: str, tmp_path: Path) -> None:
    fetch = f"aws s3 cp s3://{cloud.embedded.output('DropBucketName')}/{name}/deploy.yaml . "
    pasted(cloud, tmp_path, f"{fetch} || touch deploy.yaml")
    assert (tmp_path / "deploy.yaml").read_text() == ""


def test_both_answers_to_the_golden_sample_are_shown(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    sample = tmp_path / "sample"
    sample.mkdir()
    rows = np.array([[1, 2]], np.float32)
    np.save(sample / "input.npy", rows)
    np.save(sample / "expected.npy", rows * 2)
    good = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"), sample=sample)
    assert content_of(good)["status"] == "SUCCEEDED", summary(good)
    bad = cloud.drop(name, save_scale(3, tmp_path / "model.onnx"), sample=sample)
    assert content_of(bad)["remedy"] == "compare the outputs", summary(bad)

    desk = tmp_path / "desk"
    *look, put_sample, put_model = commands_of(bad)
    model, sample_files, run, invoke = [pasted(cloud, desk, each) for each in look]
    assert "download" in model + sample_files
    assert "6 instead of 4" in " ".join(run.split())
    assert "4" in invoke
    np.save(desk / "sample" / "expected.npy", rows * 3)
    with cloud.subscribe("ResultTopicArn", model=[name]) as results:
        pasted(cloud, desk, put_sample)
        pasted(cloud, desk, put_model)
        published = next_of(results)
    assert published.content["status"] == "SUCCEEDED", published.content["cause"]


def test_nan_is_shown_on_the_readers_computer(cloud: Cloud, name: str, tmp_path: Path) -> None:
    bad = cloud.drop(name, save_scale(float("inf"), tmp_path / "model.onnx"))
    assert content_of(bad)["remedy"] == "run the model", summary(bad)
    shown = [pasted(cloud, tmp_path / "desk", each) for each in commands_of(bad)[:-1]]
    assert "NaN or infinite" in shown[-1]
