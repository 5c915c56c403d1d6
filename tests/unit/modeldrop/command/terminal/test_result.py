from __future__ import annotations

from typing import Any

import pytest

from modeldrop.command.terminal.result import rows, show
from modeldrop.executions.published import Published

SMOKE = {
    "p50_ms": 4.5,
    "p95_ms": 6,
    "slowest_ms": 9,
    "requests": 51,
    "input": "cat.png",
    "top": [
        {"index": 281, "label": "tabby", "score": 0.71},
        {"index": 5, "label": None, "score": 0.2},
        {"index": 6, "label": None, "score": 0.05},
        {"index": 7, "label": "the fourth", "score": 0.01},
    ],
}


def table(**content: Any) -> dict[str, str]:
    return dict(rows(content))


def test_success_is_a_small_table() -> None:
    assert table(
        status="SUCCEEDED",
        version="v1",
        endpoint="modeldrop-cat",
        cause=None,
        fix=None,
        smoke=SMOKE,
        live_version="v1",
        record="s3://artifacts/cat/v1/deployment.json",
        timings={"Inspect Model": 1.0, "Package Model": 2.5, "Endpoint Ready?": 0.01},
    ) == {
        "status": "SUCCEEDED",
        "version": "v1",
        "endpoint": "modeldrop-cat",
        "latency": "median 4.5 ms, 95th percentile 6.0 ms",
        "top classes": "tabby 0.710, class 5 0.200, class 6 0.050 (cat.png)",
        "live version": "v1",
        "record": "s3://artifacts/cat/v1/deployment.json",
        "duration": "3.5 s in total: Package Model 2.5 s, Inspect Model 1.0 s",
    }


def test_versions_have_their_labels() -> None:
    content = {"version": "20260801", "version_label": "v4", "live_version": "20260701"}
    shown = table(status="FAILED", **content, live_version_label="v3")
    assert shown["version"] == "v4 (20260801)"
    assert shown["live version"] == "v3 (20260701)"


def test_failure_has_state_cause_and_fix() -> None:
    assert table(
        status="FAILED",
        failed_state="Smoke Test",
        cause="It answers wrongly.",
        fix="Export it again.",
        smoke=None,
        live_version=None,
        remaining=["endpoint a", "model b"],
        recovered_errors=[{"state": "Scale Endpoint", "error": "AwsRefused", "cause": "No quota."}],
        warnings=[{"cause": "It has float64 weights.", "fix": "Use model.float()."}],
    ) == {
        "status": "FAILED",
        "failed at": "Smoke Test",
        "cause": "It answers wrongly.",
        "fix": "Export it again.",
        "warning": "It has float64 weights. Use model.float().",
        "recovered error": "Scale Endpoint: AwsRefused: No quota.",
        "not removed": "endpoint a, model b",
        "live version": "none",
    }


def test_execution_without_a_notification_has_few_rows() -> None:
    assert list(table(status="ABORTED", error=None, cause="Stopped.")) == ["status", "cause"]


@pytest.mark.parametrize(("status", "shown"), [("SUCCEEDED", True), ("FAILED", False)])
def test_only_a_live_model_has_commands(
    status: str, shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    published = Published("cat", "", {"status": status})
    show(published, {"call it": "modeldrop invoke cat --local"})
    assert ("modeldrop invoke cat --local" in capsys.readouterr().err) is shown
