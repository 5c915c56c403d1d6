from __future__ import annotations

from typing import TYPE_CHECKING

from publish_batch.batch_metrics import record
from tests.unit.functions.emitted import emitted, values
from tests.unit.functions.publish_batch.ended_batches import BATCHES, EXECUTION

if TYPE_CHECKING:
    import pytest


def test_batch_jobs_are_counted_by_status(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("SUCCEEDED", "PARTIAL", "FAILED_NO_VERSION"):
        record(BATCHES[name])
    lines = emitted(capsys)
    assert values(lines, "BatchJobs", "Status") == {"SUCCEEDED": 1, "PARTIAL": 1, "FAILED": 1}
    assert {(line["model"], line["execution_arn"]) for line in lines} == {("resnet", EXECUTION)}
    assert (lines[-1]["failed_state"], lines[-1]["error"]) == ("Plan Batch", "BatchFailed")
    assert "version" not in lines[-1]
