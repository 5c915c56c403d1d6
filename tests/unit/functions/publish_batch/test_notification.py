"""The notification of a batch job, as text. Run as a module, this rewrites golden/."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_packager.stored import CaughtError
from publish_batch.notification import BatchNotification
from publish_batch.rendering import render_message
from tests.unit.functions.batch_runs import FOLDER, NAME
from tests.unit.functions.goldens import golden_files, write
from tests.unit.functions.publish_batch.ended_batches import BATCHES, counts, ended
from tests.unit.functions.samples import VERSION
from workflow.contracts.batch_transform import BatchStatus
from workflow.notify.email import email_text, subject
from workflow.notify.message_size import bounded_content

GOLDEN = Path(__file__).with_name("golden")


def golden() -> dict[str, str]:
    files: dict[str, str] = {}
    for name, notification in BATCHES.items():
        files |= golden_files(name, render_message(notification), notification)
    return files


def text_of(notification: BatchNotification) -> str:
    return " ".join(email_text(render_message(notification)).split())


def test_texts_match_the_golden_files() -> None:
    stored = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert golden() == stored, f"PYTHONPATH=functions:. python -m {__spec__.name}"


def test_every_status_has_a_golden_file() -> None:
    assert {notification.status for notification in BATCHES.values()} == set(BatchStatus)


@pytest.mark.parametrize("name", BATCHES)
def test_content_is_complete_and_the_email_has_no_json(name: str) -> None:
    notification = BATCHES[name]
    assert "{" not in email_text(render_message(notification))
    assert BatchNotification.model_validate(bounded_content(notification)) == notification


@pytest.mark.parametrize(
    ("error", "cause"),
    [("States.Timeout", ""), ("KeyError", ""), ("AwsRefused", "No.\nFix: Upload the model.")],
)
def test_fix_starts_the_job_again(error: str, cause: str) -> None:
    """An upload of the model would not."""
    caught = CaughtError(state="Start Transform", error=error, cause=cause)
    fix = ended(failure=caught, counts=None, summary_uri=None).fix or ""
    assert "pload _READY again" in fix
    assert "the model" not in fix.replace("not of the model", "")


def test_succeeded() -> None:
    message = render_message(BATCHES["SUCCEEDED"])
    assert subject(message) == (
        "SUCCEEDED: batch job monday of resnet: all 1,000 inputs have results"
    )
    assert not message.needs_action
    assert text_of(BATCHES["SUCCEEDED"]).startswith(
        f"The batch job monday of resnet ran version v4 ({VERSION}). All 1,000 inputs have results."
    )
    assert message.commands == (
        f"aws s3 cp --recursive s3://drops/{FOLDER}_results/ monday-results",
    )


def test_partial_names_the_failures() -> None:
    notification = BATCHES["PARTIAL"]
    message = render_message(notification)
    assert subject(message) == (
        "PARTIAL: batch job monday of resnet: 999 of 1,000 inputs have results"
    )
    assert (message.severity, message.needs_action, message.error) == ("warning", True, None)
    text = text_of(notification)
    assert "- cats/0017.png: cannot be read as a picture" in text
    assert "- prompts.jsonl, line 3: " in text
    assert "2 of 1,000 inputs have no complete result." in text


def test_what_remains_is_named() -> None:
    notification = BATCHES["PARTIAL_REMAINING"]
    assert f"SageMaker model {NAME}" in text_of(notification)
    assert render_message(notification).commands[-1] == "modeldrop orphans --delete"


def test_failed_without_results_has_the_cause_and_the_fix() -> None:
    notification = BATCHES["FAILED_NO_VERSION"]
    assert (notification.failed_state, notification.error) == ("Plan Batch", "BatchFailed")
    assert (notification.version, notification.summary) == (None, None)
    text = text_of(notification)
    assert "failed at Plan Batch: No version of resnet is live." in text
    assert "then upload _READY again." in text
    assert render_message(notification).commands == ()


def test_failed_with_no_result_at_all() -> None:
    notification = BATCHES["FAILED"]
    assert (notification.status, notification.error) == (BatchStatus.FAILED, "BatchFailed")
    assert subject(render_message(notification)) == (
        "FAILED: batch job monday of resnet: 0 of 1,000 inputs have results"
    )


def test_job_name_is_quoted_for_the_shell() -> None:
    hostile = BATCHES["SUCCEEDED"].model_copy(update={"job": "a; rm -rf b"})
    assert render_message(hostile).commands[0].endswith("'a; rm -rf b-results'")
    unprintable = BATCHES["SUCCEEDED"].model_copy(update={"job": "a\x1b[2J"})
    assert render_message(unprintable).commands == ()


def test_foreign_key_replaces_an_unknown_model() -> None:
    source = BATCHES["SUCCEEDED"].source.model_copy(update={"key": "a b/batch/c/_READY"})
    notification = ended(source=source, batch=None, counts=None)
    assert (notification.model, notification.job, notification.results) == (source.key, None, None)


if __name__ == "__main__":
    write(GOLDEN, golden())


def test_job_without_results_says_why_its_transform_job_failed() -> None:
    reason = "CapacityError: Unable to provision requested ML compute capacity."
    notification = ended(transform_reason=reason, counts=counts(0, failed=3))
    assert notification.cause == (
        f"3 of 3 inputs have no complete result. The transform job did not complete: {reason}"
    )
