"""MiniStack's reports about workers that ended."""

from __future__ import annotations

import subprocess

import pytest

from modeldrop.local.ministack.in_process.fault_injection import exit_report


@pytest.mark.parametrize(
    ("injected", "error"),
    [
        ("time_out_before", "Sandbox.Timedout"),
        ("crash_before", "Runtime.ExitError"),
        (None, "Runtime.ExitError"),
    ],
)
def test_worker_is_gone_when_its_end_is_reported(injected: str | None, error: str) -> None:
    """Otherwise MiniStack sends the retry to a process that has closed its streams."""
    slow = "exec 1>&-; read line"  # closes its output before it ends
    with subprocess.Popen(
        ["sh", "-c", slow], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert worker.stdout.read() == ""
        assert worker.poll() is None
        worker.stdin.close()

        report = exit_report(worker, injected, "id", 3)

        assert worker.returncode is not None
    assert report["type"] == error
