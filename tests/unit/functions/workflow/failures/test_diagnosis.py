from __future__ import annotations

import pytest

from tests.local_sagemaker.refused_models import REFUSED_MODELS
from tests.unit.functions.workflow.failures.texts import PING, names, read_text
from workflow.failures.diagnosis import (
    CONTAINER_ROWS,
    TABLE,
    explain,
    explain_answer,
    explain_hanging,
    is_capacity,
)
from workflow.failures.failure import FailureKind, Row
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

NO_CAPACITY = SAGEMAKER_ROWS[0].example
LOADING = ['I1122 09:50:04.208922 1 model_lifecycle.cc:472] "loading: m:1"']
REFUSED = [f'E1122 09:50:15.933921 1 a.cc:642] "{CONTAINER_ROWS[-1].example}"']


@pytest.mark.parametrize("name", names())
def test_real_text_is_understood(name: str) -> None:
    text = read_text(name)
    failure = explain(PING, text.lines)
    assert failure.kind is text.kind
    assert failure.cause.startswith(text.cause.rstrip(".: "))
    assert f"SageMaker says: {PING} The container says: " in failure.cause


def test_there_is_a_text_of_every_refused_model() -> None:
    assert set(REFUSED_MODELS) <= set(names())


@pytest.mark.parametrize("row", SAGEMAKER_ROWS, ids=lambda row: row.example[:40])
def test_sagemakers_reason_beats_the_log(row: Row) -> None:
    failure = explain(row.example, REFUSED)
    expected = row.failure(row.example)
    assert expected is not None
    assert (failure.kind, failure.fix) == (row.kind, expected.fix)
    assert row.example in failure.cause


@pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.example[:40])
def test_containers_words_beat_the_ping(row: Row) -> None:
    failure = explain(PING, [f'E1122 09:50:15.933921 1 a.cc:642] "{row.example}"'])
    expected = row.failure(row.example)
    assert expected is not None
    assert (failure.kind, failure.fix) == (row.kind, expected.fix)
    assert failure.cause.startswith(expected.cause.rstrip(".: "))


@pytest.mark.parametrize("row", VAGUE_ROWS, ids=lambda row: row.example[:40])
@pytest.mark.parametrize("lines", [[], LOADING])
def test_vague_reason(row: Row, lines: list[str]) -> None:
    failure = explain(row.example, lines)
    assert (failure.kind, failure.fix) == (row.kind, row.fix)


def test_containers_words_beat_a_vague_reason() -> None:
    failure = explain(VAGUE_ROWS[0].example, REFUSED)
    assert failure.kind is FailureKind.MODEL_REFUSED


def test_no_log_at_all_is_a_container_that_never_ran() -> None:
    failure = explain(PING, [])
    assert failure.kind is FailureKind.IMAGE_OR_DRIVER
    assert "inference_ami_version" in failure.fix
    assert "VPC" in failure.fix


def test_unknown_complaint_is_no_silence() -> None:
    failure = explain(PING, ["E1122 09:50:15.933921 1 a.cc:1] the moon is full"])
    assert failure.kind is FailureKind.UNKNOWN
    assert "the moon is full" in failure.cause


def test_log_without_a_complaint_is_a_start_up_that_took_too_long() -> None:
    failure = explain(PING, LOADING)
    assert failure.kind is FailureKind.STARTUP_TIMEOUT
    assert "endpoint.startup_timeout_seconds" in failure.fix


@pytest.mark.parametrize("reason", ["", "Something new."])
def test_what_nobody_knows_is_told_as_it_is(reason: str) -> None:
    failure = explain(reason, ['E1122 09:50:15.933921 1 a.cc:642] "the moon is full"'])
    assert failure.kind is FailureKind.UNKNOWN
    assert failure.cause.endswith(
        f"SageMaker says: {reason or 'nothing.'} The container says: the moon is full"
    )


def test_several_lines_of_nvidias_greeting() -> None:
    lines = [
        "ERROR: This container was built for NVIDIA Driver Release 575.51 or later, but",
        "       version 470.256.02 was detected and compatibility mode is UNAVAILABLE.",
    ]
    failure = explain(PING, lines)
    assert failure.kind is FailureKind.IMAGE_OR_DRIVER
    assert "inference_ami_version" in failure.fix
    assert "470.256.02" in failure.cause


def test_instance_without_gpu_is_no_driver_problem() -> None:
    lines = read_text("python-import").lines
    assert any("CUDA driver version is insufficient" in line for line in lines)
    assert explain(PING, lines).kind is FailureKind.MODEL_REFUSED


@pytest.mark.parametrize("status", ["Creating", "Updating"])
@pytest.mark.parametrize(
    ("lines", "kind", "fix"),
    [
        ([], FailureKind.IMAGE_OR_DRIVER, "inference_ami_version"),
        (LOADING, FailureKind.STARTUP_TIMEOUT, "endpoint.startup_timeout_seconds"),
        (REFUSED, FailureKind.MODEL_REFUSED, "Correct the model"),
    ],
)
def test_endpoint_that_hangs(status: str, lines: list[str], kind: FailureKind, fix: str) -> None:
    failure = explain_hanging(status, lines)
    assert failure.kind is kind
    assert fix in failure.fix
    assert f"SageMaker says: {status}" in failure.cause


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Stub process 'm_0' is not healthy.", FailureKind.CRASHED),
        (
            r"Failed to process the request(s) for model 'm_0', message: MemoryError: <EMPTY "
            r"MESSAGE>\n\nAt:\n  /opt/ml/model/m/1/model.py(9): execute\n",
            FailureKind.OUT_OF_MEMORY,
        ),
        (
            "Failed to process the request(s) for model 'm_0', message: ValueError: no such label",
            FailureKind.MODEL_REFUSED,
        ),
        ("CUDA out of memory. Tried to allocate 1.70 GiB.", FailureKind.OUT_OF_MEMORY),
    ],
)
def test_answer_to_a_request(answer: str, kind: FailureKind) -> None:
    failure = explain_answer(answer)
    assert failure is not None
    assert failure.kind is kind


def test_unknown_answer() -> None:
    assert explain_answer("no room") is None


def test_capacity_is_told_apart() -> None:
    assert is_capacity(NO_CAPACITY)
    assert not any(
        is_capacity(row.example) for row in TABLE if row.kind is not FailureKind.CAPACITY
    )


def test_hostile_braces_are_text() -> None:
    failure = explain(PING, ["ERROR: Failed to create instance: RuntimeError: {0.__class__} {why}"])
    assert "{0.__class__} {why}" in failure.cause
