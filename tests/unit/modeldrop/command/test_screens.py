"""Screens at 80 and 120 columns, as a terminal emulator renders them.

Write them with `WRITE_SCREENS=1`, then check them in tests/unit/modeldrop/command/screens.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_client.ranking import RankedClass
from model_client.response import Response, parse_response
from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.load_profile import LoadPoint
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.command import bench, invoke, local_inbox, local_status, tune
from modeldrop.command.main import main
from modeldrop.command.terminal.result import show
from modeldrop.executions.published import Published
from modeldrop.live.bench import Measured
from modeldrop.live.invocation import Invocation
from modeldrop.live.live_model import LiveModel
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.cloud_state import EmbeddedCloud, Settings
from modeldrop.local.inbox import Received
from modeldrop.local.process import ProcessIdentity
from modeldrop.local.snapshot import Deployment, HostedEndpoint, Server, Snapshot
from modeldrop.tuning.search import Candidate, CandidateResult, Tuning
from tests.unit.modeldrop.command.terminal_screen import screen_of
from tests.unit.modeldrop.recorded import MIDDLE, NEWEST

if TYPE_CHECKING:
    from tests.unit.modeldrop.account import Account

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SCREENS = Path(__file__).with_name("screens")
WIDTHS = (80, 120)

PINS = dict(
    line.split("==")
    for line in (Path(__file__).parents[4] / "requirements" / "venv.txt").read_text().splitlines()
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(version(name) != PINS[name] for name in ("rich", "typer")),
        reason="each version of rich and typer draws tables a little differently (make lowest)",
    ),
    pytest.mark.filterwarnings("ignore:This process.*is multi-threaded"),
]

OFFLINE = {
    "help": ["--help"],
    "help-drop": ["drop", "--help"],
    "help-local-logs": ["local", "logs", "--help"],
    "wrong-option": ["inspect", "resnet/model.pt", "--nmae", "resnet"],
    "inspect": ["inspect", "resnet/model.pt"],
    "inspect-config": ["inspect", "resnet/model.pt", "--config"],
    "inspect-settings": ["inspect", "resnet/model.pt", "--settings"],
    "inspect-rejected": ["inspect", "broken.pt"],
    "plan": ["plan", "resnet/model.pt"],
    "plan-permissions": ["plan", "resnet/model.pt", "--permissions"],
}
ON_AWS = {
    "status": ["status"],
    "history": ["history", "resnet"],
    "unknown-model": ["history", "resnt", "--region", "us-east-1"],
}
CONTENT: dict[str, Any] = {
    "status": "SUCCEEDED",
    "version": NEWEST,
    "version_label": "v4",
    "endpoint": "modeldrop-cat",
    "smoke": {
        "p50_ms": 23.4,
        "requests": 51,
        "p95_ms": 30.1,
        "slowest_ms": 34.2,
        "input": "sample/input.png",
        "top": [
            {"index": 282, "label": "tiger cat", "score": 0.395},
            {"index": 285, "label": "Egyptian cat", "score": 0.355},
            {"index": 281, "label": "tabby, tabby cat", "score": 0.17},
        ],
    },
    "live_version": NEWEST,
    "live_version_label": "v4",
    "record": f"s3://modeldrop-artifactbucket-1a2b3c4d5e6f7/cat/{NEWEST}/deployment.json",
    "timings": {"Inspect Model": 1.2, "Wait for Endpoint": 240.5, "Smoke Test": 9.1},
}
FAILED: dict[str, Any] = {
    "status": "FAILED",
    "version": NEWEST,
    "endpoint": "modeldrop-cat",
    "failed_state": "Check Endpoint",
    "cause": "The model has 2 inputs, but the model configuration lists 1.",
    "fix": "List both inputs under inputs in deploy.yaml, then upload the model again.",
    "live_version": MIDDLE,
}


def command(*words: str) -> Callable[[], object]:
    def call() -> None:
        sys.argv = ["modeldrop", *words]
        main()

    return call


def check(name: str, call: Callable[[], object], columns: int) -> None:
    screen = re.sub(r"\b\d{3} d\b", "100 d", screen_of(call, columns))  # the age changes every day
    file = SCREENS / f"{name}-{columns}.txt"
    if os.environ.get("WRITE_SCREENS"):
        file.write_text(screen)
    assert screen == file.read_text(), "WRITE_SCREENS=1, and look at it"


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", OFFLINE)
def test_screen_offline(
    name: str, columns: int, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent.parent)
    Path("broken.pt").write_bytes(b"<html>404</html>")
    check(name, command(*OFFLINE[name]), columns)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", ON_AWS)
def test_screen_of_a_stack(name: str, columns: int, account: Account) -> None:
    check(name, command(*ON_AWS[name]), columns)


SIGNATURE = Signature(
    inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=(3, 224, 224)),),
    outputs=(Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=(1000,)),),
    max_batch_size=8,
)
LIVE = LiveModel(
    "cat", NEWEST, "modeldrop-cat", SIGNATURE, SmokeTest(max_p95_ms=50), None, label="v4"
)
POINTS = tuple(
    LoadPoint(
        concurrency=clients,
        request_format="binary",
        requests=int(rate * 5),
        requests_per_second=rate,
        items_per_second=rate,
        p50_ms=p95 - 4,
        p90_ms=p95 - 1,
        p95_ms=p95,
        p99_ms=p95 + 6.5,
        request_bytes=602_286,
        response_bytes=4_150,
    )
    for clients, rate, p95 in ((1, 42.2, 25.1), (4, 121.8, 38.4), (8, 130.2, 71.9))
)


def invocation() -> Invocation:
    output = {
        "name": "OUTPUT__0",
        "datatype": "FP32",
        "shape": [1, 4],
        "data": [0.1, 0.2, 0.4, 0.3],
    }
    parsed = parse_response(json.dumps({"outputs": [output]}).encode(), "application/json")
    response = Response(parsed, 23.4, 602_286, 4_150)
    top = [
        [
            RankedClass(282, "tiger cat", 0.395),
            RankedClass(285, "Egyptian cat", 0.355),
            RankedClass(281, None, 0.17),
        ]
    ]
    outputs = {"OUTPUT__0": response.output("OUTPUT__0")}
    return Invocation("cat.png", response, outputs, (23.4, 19.2, 18.7, 22.0), top)


def tuning() -> Tuning:
    start = CandidateResult(Candidate(), POINTS[:1])
    best = CandidateResult(Candidate(2, 8, 100, (4, 8)), POINTS[1:2])
    slow = CandidateResult(Candidate(1, 8, 1000), POINTS[2:])
    broken = CandidateResult(
        Candidate(4), error="Triton did not start: the instance is out of memory."
    )
    stopped = "Stopped: no neighbor of the best candidate is faster (4 candidates, 3 min)."
    return Tuning((start, best, slow, broken), best, stopped)


def local_cloud() -> Snapshot:
    began = NOW - timedelta(minutes=5, seconds=2)
    process = ProcessIdentity(pid=4711, started="boot:1")
    home = Path("/home/ann/project/.local")
    cloud = EmbeddedCloud(
        home=home,
        started=began,
        aws_url="http://127.0.0.1:33659",
        sagemaker_url="http://127.0.0.1:38533",
        ministack=process,
        sagemaker=process,
        settings=Settings(),
        owner=Credentials(access_key="a", secret_key="b"),  # noqa: S106 - of nobody
        sources="digest",
        outputs={},
    )
    servers = tuple(
        Server(name, url, 4711, 190_000_000, home / "logs" / f"{name.lower()}.log")
        for name, url in (("MiniStack", cloud.aws_url), ("SageMaker", cloud.sagemaker_url))
    )
    triton = Server("AllTraffic", "unix:/s", 4712, 351_000_000, "log")
    hosted = HostedEndpoint("modeldrop-cat", "cat", NEWEST, "InService", None, began, (triton,), ())
    deployments = (
        Deployment("cat", "RUNNING", NOW - timedelta(seconds=20), None, "arn"),
        Deployment("cat", "SUCCEEDED", began, began + timedelta(seconds=49), "arn"),
    )
    return Snapshot(cloud, servers, (hosted,), deployments)


MEASURED: dict[str, Callable[[], object]] = {
    "invoke": lambda: invoke._show(LIVE, invocation()),
    "bench": lambda: bench._show(LIVE, Measured("sample/input.png", 31.2, POINTS)),
    "tune": lambda: tune.report(tuning(), None, 50, as_json=False),
    "local-status": lambda: local_status.show(local_cloud(), NOW),
    "local-status-empty": lambda: local_status.show(
        replace(local_cloud(), hosted=(), deployments=()), NOW
    ),
    "local-inbox": lambda: local_inbox.show_list(
        [
            Received(NOW - timedelta(minutes=each), "cat", Published(subject, "", {}))
            for each, subject in enumerate(
                ("FAILED: cat failed at Check Endpoint", "SUCCEEDED: cat is live"), 2
            )
        ],
        NOW,
        "modeldrop local inbox",
    ),
}


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", MEASURED)
def test_screen_of_measurements_and_of_the_local_cloud(name: str, columns: int) -> None:
    check(name, MEASURED[name], columns)
    assert "\N{HORIZONTAL ELLIPSIS}" not in (SCREENS / f"{name}-{columns}.txt").read_text()


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(("status", "content"), [("live", CONTENT), ("failed", FAILED)])
def test_screen_of_a_result(status: str, content: dict[str, Any], columns: int) -> None:
    subjects = {"live": "SUCCEEDED: cat is live", "failed": "FAILED: cat failed at Check Endpoint"}
    commands = {
        "call it": "modeldrop invoke cat --stack vision --profile production-account",
        "client code": "modeldrop snippet cat --stack vision --profile production-account",
        "report": "modeldrop report cat --open --stack vision --profile production-account",
    }
    published = Published(subjects[status], "", content)
    check(f"drop-{status}", lambda: show(published, commands), columns)
