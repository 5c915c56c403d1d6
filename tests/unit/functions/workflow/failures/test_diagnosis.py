from __future__ import annotations

import pytest

from tests.local_sagemaker.refused_models import REFUSED_MODELS
from tests.unit.functions.workflow.failures.test_log_errors import OPSET, VALIDATE
from tests.unit.functions.workflow.failures.texts import PING, names, read_text
from workflow.failures.diagnosis import (
    CONTAINER_ROWS,
    diagnose,
    diagnose_response,
    diagnose_timeout,
    is_explained,
)
from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.python_rows import REFUSED_ROWS
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

OPSET_60 = OPSET.format(place=VALIDATE)
LOADING = ['I1122 09:50:04.208922 1 model_lifecycle.cc:472] "loading: m:1"']
REFUSED = [f'E1122 09:50:15.933921 1 a.cc:642] "{REFUSED_ROWS[-1].example}"']


@pytest.mark.parametrize("name", names())
def test_recorded_log_is_diagnosed(name: str) -> None:
    text = read_text(name)
    diagnosis = diagnose(PING, text.lines)
    assert diagnosis.kind is text.kind
    assert diagnosis.cause == f"{text.cause.rstrip('.: ')}."
    assert diagnosis.evidence.startswith(f"SageMaker reports: {PING} The container's log shows: ")


def test_every_refused_model_has_a_recorded_log() -> None:
    assert set(REFUSED_MODELS) <= set(names())


@pytest.mark.parametrize("row", SAGEMAKER_ROWS, ids=lambda row: row.example[:40])
def test_specific_reason_takes_precedence_over_the_log(row: FailureRow) -> None:
    diagnosis = diagnose(row.example, REFUSED)
    expected = row.diagnose(row.example)
    assert expected is not None
    assert (diagnosis.kind, diagnosis.fix) == (row.kind, expected.fix)
    assert diagnosis.evidence.startswith(f"SageMaker reports: {row.example}")
    assert "SageMaker reports" not in diagnosis.cause


@pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.example[:40])
def test_log_takes_precedence_over_the_ping(row: FailureRow) -> None:
    diagnosis = diagnose(PING, [f'E1122 09:50:15.933921 1 a.cc:642] "{row.example}"'])
    expected = row.diagnose(row.example)
    assert expected is not None
    assert (diagnosis.kind, diagnosis.fix) == (row.kind, expected.fix)
    assert diagnosis.cause.startswith(expected.cause.rstrip(".: "))


@pytest.mark.parametrize("row", VAGUE_ROWS, ids=lambda row: row.example[:40])
@pytest.mark.parametrize("lines", [[], LOADING])
def test_vague_reason_is_diagnosed(row: FailureRow, lines: list[str]) -> None:
    diagnosis = diagnose(row.example, lines)
    assert (diagnosis.kind, diagnosis.fix) == (row.kind, row.fix)


def test_log_takes_precedence_over_a_vague_reason() -> None:
    diagnosis = diagnose(VAGUE_ROWS[0].example, REFUSED)
    assert diagnosis.kind is FailureKind.MODEL_REFUSED


@pytest.mark.parametrize(
    ("reason", "cause", "fix"),
    [
        (
            "configuration expects datatype TYPE_FP32 for output 'y', model provides TYPE_INT64",
            "The output y is INT64, but the model configuration says FP32",
            "Set `dtype: INT64` for y",
        ),
        (
            "configuration expects datatype TYPE_FP32 for output 'y', model provides "
            "TYPE_<invalid>",
            "The output y has an element type that Triton's PyTorch backend does not have",
            "torch.view_as_real",
        ),
        ("output 'y' is a scalar which is not supported.", "The output y is a scalar", "keepdim"),
        (
            "PyTorch execute failure: output must be of type Tensor, List[str] or Tuple containing "
            "one of these two types.",
            "not a tensor, such as None",
            "for every input",
        ),
        ("output tensor 'y' is not found", "is not a dense tensor", "x.to_dense()"),
        (
            "failed to split the output tensor 'y' in responses: expected batch size of at least 2 "
            "in model output, got 1",
            "The first dimension of the output y is not the batch",
            "max_batch_size: 0",
        ),
        (
            "PyTorch execute failure: RuntimeError: Found no NVIDIA driver on your system. Please "
            "check that you have an NVIDIA GPU",
            "needs a GPU, but the instance has none",
            "endpoint.instance_type",
        ),
        (
            "Failed to process the request(s) for model 'm_0', message: ModuleNotFoundError: No "
            "module named 'timm'",
            "model.py imports timm",
            "Remove the import",
        ),
        (
            "PyTorch execute failure: RuntimeError: Expected all tensors to be on the same device",
            "The model mixes tensors on the GPU and the CPU",
            "Register these tensors as buffers",
        ),
    ],
)
def test_reason_behind_a_failed_warm_up_decides(reason: str, cause: str, fix: str) -> None:
    lines = [
        "I1125 09:36:44.739331 2 backend_model_instance.cc:658] \"model 'm' instance m_0 failed to "
        "run warmup sample 'batch of 1'\"",
        "E1125 09:23:04.152044 1 model_lifecycle.cc:642] \"failed to load '/opt/ml/model::m' "
        f"version 1: Invalid argument: failed to run warmup sample 'batch of 1': {reason}\"",
        "Signal (11) received.",
    ]
    diagnosis = diagnose(PING, lines)
    assert diagnosis.cause.startswith("The model fails on Triton's warm-up request (batch of 1). ")
    assert cause in diagnosis.cause
    assert fix in diagnosis.fix
    assert "model_warmup: false" not in diagnosis.fix
    assert is_explained(PING, lines)
    assert not is_explained(PING, [lines[0], lines[2]])
    assert diagnose(PING, [lines[0], lines[2]]).kind is FailureKind.WARMUP


@pytest.mark.parametrize(
    "line",
    [
        "Signal (11) received.",
        "Signal (4) received.",
        "/usr/bin/serve: line 9: 57 Segmentation fault (core dumped) tritonserver",
    ],
)
def test_crash_is_no_time_out(line: str) -> None:
    """The log ends with the crash, after other lines of Triton."""
    lines = ['I1129 12:00:00.0 1 model_lifecycle.cc:472] "loading: m:1"', line, " 0# 0x00 in serve"]
    diagnosis = diagnose(PING, lines)
    assert diagnosis.kind is FailureKind.CRASHED
    assert diagnosis.cause.startswith("Triton crashed while it loaded the model")
    assert "modeldrop local run" in diagnosis.fix
    assert not is_explained(PING, lines)  # the log may get the reason later


def test_opset_behind_a_long_signature_is_named() -> None:
    line = f"E1125 1 a.cc:1] \"failed to load 'm' version 1: Internal: {OPSET_60}\""
    diagnosis = diagnose(PING, [line])
    assert diagnosis.cause.startswith("The model uses opset 60 of ai.onnx")
    assert "up to 26" in diagnosis.cause
    assert "`opset_version=26`" in diagnosis.fix


def test_missing_log_means_that_the_container_never_ran() -> None:
    diagnosis = diagnose(PING, [])
    assert diagnosis.kind is FailureKind.IMAGE_OR_DRIVER
    assert "inference_ami_version" in diagnosis.fix
    assert "VPC" in diagnosis.fix


def test_no_reason_and_no_log_stream_mean_a_possible_capacity_shortage() -> None:
    assert diagnose("", None).kind is FailureKind.POSSIBLE_CAPACITY
    assert diagnose("", []).kind is FailureKind.UNKNOWN
    assert diagnose(PING, None).kind is FailureKind.IMAGE_OR_DRIVER


def test_unknown_error_line_is_shown() -> None:
    diagnosis = diagnose(PING, ["E1122 09:50:15.933921 1 a.cc:1] the moon is full"])
    assert diagnosis.kind is FailureKind.UNKNOWN
    assert "the moon is full" in diagnosis.cause


def test_log_without_errors_means_a_startup_timeout() -> None:
    diagnosis = diagnose(PING, LOADING)
    assert diagnosis.kind is FailureKind.STARTUP_TIMEOUT
    assert "endpoint.startup_timeout_seconds" in diagnosis.fix


@pytest.mark.parametrize("reason", ["", "Something new."])
def test_unknown_texts_are_shown_unchanged(reason: str) -> None:
    diagnosis = diagnose(reason, ['E1122 09:50:15.933921 1 a.cc:642] "the moon is full"'])
    assert diagnosis.kind is FailureKind.UNKNOWN
    assert diagnosis.evidence == ""
    assert diagnosis.cause.endswith(
        f"SageMaker reports: {reason or 'no reason.'} The container's log shows: the moon is full"
    )


def test_driver_banner_of_several_lines() -> None:
    lines = [
        "ERROR: This container was built for NVIDIA Driver Release 575.51 or later, but",
        "       version 470.256.02 was detected and compatibility mode is UNAVAILABLE.",
    ]
    diagnosis = diagnose(PING, lines)
    assert diagnosis.kind is FailureKind.IMAGE_OR_DRIVER
    assert "inference_ami_version" in diagnosis.fix
    assert "470.256.02" in diagnosis.evidence


def test_cpu_instance_is_not_a_driver_problem() -> None:
    lines = read_text("python-import").lines
    assert any("CUDA driver version is insufficient" in line for line in lines)
    assert diagnose(PING, lines).kind is FailureKind.MODEL_REFUSED


@pytest.mark.parametrize("status", ["Creating", "Updating"])
@pytest.mark.parametrize(
    ("lines", "kind", "fix"),
    [
        (None, FailureKind.POSSIBLE_CAPACITY, "endpoint.fallback_instance_types"),
        ([], FailureKind.IMAGE_OR_DRIVER, "inference_ami_version"),
        (LOADING, FailureKind.STARTUP_TIMEOUT, "endpoint.startup_timeout_seconds"),
        (REFUSED, FailureKind.MODEL_REFUSED, "Correct the model"),
    ],
)
def test_endpoint_that_times_out(
    status: str, lines: list[str] | None, kind: FailureKind, fix: str
) -> None:
    diagnosis = diagnose_timeout(status, lines)
    assert diagnosis.kind is kind
    assert fix in diagnosis.fix
    assert diagnosis.evidence.startswith(f"SageMaker reports only the status {status}.")


@pytest.mark.parametrize(
    ("message", "kind"),
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
def test_error_response_is_diagnosed(message: str, kind: FailureKind) -> None:
    diagnosis = diagnose_response(message)
    assert diagnosis is not None
    assert diagnosis.kind is kind


def test_unknown_error_response() -> None:
    assert diagnose_response("no room") is None


def test_braces_in_a_log_are_not_expanded() -> None:
    diagnosis = diagnose(
        PING, ["ERROR: Failed to create instance: RuntimeError: {0.__class__} {why}"]
    )
    assert "{0.__class__} {why}" in diagnosis.cause
