"""`modeldrop tune` on the real tritonserver: its results and its cleanup."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from model_packager.spec.deploy_spec import parse_deploy_spec
from tests.workflow.drops import Cloud
from tests.workflow.executions import LIMIT_SECONDS
from tests.workflow.models import save, traced

COMMAND = Path(sys.executable).with_name("modeldrop")


BROKEN = """
class TritonPythonModel:
    def initialize(self, args):
        1 / 0

    def execute(self, requests):
        return []
"""


class Dense(torch.nn.Module):
    """FP32 [N, 64] to FP32 [N, 8]."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = self.layer(x)
        return values


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save(traced(Dense(), torch.zeros(1, 64)), tmp_path / "model.pt")


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The temporary folder of the command."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def start(temporary: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "tune", *arguments],
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "300"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_nothing_is_left(temporary: Path) -> None:
    assert list(temporary.iterdir()) == []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(temporary) not in command.read_text(), command
        except OSError:  # the process has just ended
            continue


def document_of(out: str) -> Any:
    return json.loads(out)


def test_best_keys_are_written(model: Path, temporary: Path) -> None:
    best = model.with_name("best.yaml")
    options = [
        "--minutes",
        "0.3",
        "--seconds",
        "0.2",
        "--concurrency",
        "1,2",
        "--max-p95-ms",
        "60000",
        "--json",
    ]
    process = start(temporary, model, *options, "-o", best)
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, err
    document = document_of(out)
    first, *_ = document["candidates"]
    assert first["keys"] == {"dynamic_batching": False, "instance_group": {"count": 1}}
    assert [each["concurrency"] for each in first["points"]] == [1, 2]
    assert [each["best"] for each in document["candidates"]].count(True) == 1
    assert document["stopped"] in (
        "The time is used up.",
        "No other value of a single key is better by 3%.",
    )
    assert best.exists() is not first["best"]  # the settings of the model may be the best ones
    if best.exists():
        parse_deploy_spec(best.read_text(), origin="best.yaml")
    assert_nothing_is_left(temporary)


@pytest.mark.parametrize("interrupted", [False, True])
def test_endpoint_of_a_stack_is_tuned_and_removed(
    cloud: Cloud, model: Path, temporary: Path, *, interrupted: bool
) -> None:
    model.with_name("deploy.yaml").write_text("max_batch_size: 4\n")
    process = start(
        temporary,
        model,
        *("--endpoint", "--local", "--home", str(cloud.embedded.home)),
        # Enough time, so that the search does not end before the signal arrives.
        *("--minutes", "10" if interrupted else "0.3"),
        *("--seconds", "0.2", "--concurrency", "1", "--json"),
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("1 instance, no dynamic batching: "), line
    if interrupted:  # while the next candidate is being deployed
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == (130 if interrupted else 0), err
    assert (document_of(out)["stopped"] == "Interrupted.") is interrupted
    assert ("Its endpoint and its files are removed." in err) is interrupted
    candidates = document_of(out)["candidates"]
    assert all(each["points"][0]["requests"] > 0 for each in candidates), candidates
    drops = cloud.embedded.output("DropBucketName")
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=drops, Prefix="tune-")
    served = cloud.client("sagemaker").list_endpoints(NameContains="tune-")["Endpoints"]
    assert served == []
    assert_nothing_is_left(temporary)


def test_stack_options_need_an_endpoint(model: Path, temporary: Path) -> None:
    process = start(temporary, model, "--stack", "vision")
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 2
    assert "The options of the stack need --endpoint" in err


def test_ctrl_c_prints_the_results_so_far(model: Path, temporary: Path) -> None:
    process = start(temporary, model, "--seconds", "0.2", "--concurrency", "1", "--json")
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("1 instance, no dynamic batching: "), line
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130, err
    assert document_of(out)["stopped"] == "Interrupted."
    assert "Tuning was interrupted. Its tritonserver was stopped." in err
    assert_nothing_is_left(temporary)


def test_error_of_the_server_is_shown(tmp_path: Path, temporary: Path) -> None:
    model, spec = tmp_path / "model.py", tmp_path / "deploy.yaml"
    model.write_text(BROKEN)
    spec.write_text(
        "inputs: [{name: x, dtype: FP32, dims: [4]}]\noutputs: [{name: y, dtype: FP32, dims: [4]}]"
    )
    process = start(temporary, model, "--json")
    out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 1
    assert "division by zero" in err
    assert "division by zero" in json.loads(out)["cause"]
    assert_nothing_is_left(temporary)
