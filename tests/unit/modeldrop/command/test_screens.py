"""Screens at 80 and 120 columns, as a terminal emulator renders them.

Write them with `WRITE_SCREENS=1`, then look at them: tests/unit/modeldrop/command/screens.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.command.main import main
from modeldrop.command.terminal.result import show
from modeldrop.executions.published import Published
from tests.unit.modeldrop.command.terminal_screen import screen_of
from tests.unit.modeldrop.recorded import MIDDLE, NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.modeldrop.account import Account

SCREENS = Path(__file__).with_name("screens")
WIDTHS = (80, 120)

pytestmark = [
    pytest.mark.slow,
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
    "record": f"s3://modeldrop-artifactbucket-1a2b3c4d5e6f7/cat/{NEWEST}/deployment.json",
    "timings": {"Inspect Model": 1.2, "Wait for Endpoint": 240.5, "Smoke Test": 9.1},
}
FAILED: dict[str, Any] = {
    "status": "FAILED",
    "version": NEWEST,
    "endpoint": "modeldrop-cat",
    "failed_state": "Check Endpoint",
    "cause": "The model has 2 inputs, but the model configuration lists 1. The container wrote: "
    "unable to load model 'cat', configuration expects 1 inputs, model provides 2",
    "fix": "List both inputs under inputs in deploy.yaml, then upload the model again.",
    "live_version": MIDDLE,
}


def command(*words: str) -> Callable[[], object]:
    def call() -> None:
        sys.argv = ["modeldrop", *words]
        main()

    return call


def check(name: str, call: Callable[[], object], columns: int) -> None:
    screen = re.sub(r"\b\d{3} d\b", "100 d", screen_of(call, columns))  # an age grows
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
