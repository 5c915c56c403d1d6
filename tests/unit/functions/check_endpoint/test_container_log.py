r"""Lines of tritonserver 2.51 as it wrote them, the long ones cut; `\n` is Triton's own."""

import time

import pytest

from check_endpoint.container_log import errors_in, last_errors, log_group
from workflow.clients import logs

REASON = (
    "TritonModelException: failed to load model 'bad': PytorchStreamReader failed reading zip "
    "archive: not a ZIP archive. This is an internal miniz error."
)
NO_GPU = 'E1122 09:50:04.209019 21844 server.cc:241] "CudaDriverHelper has not been initialized."'
BACKEND = (
    'E1122 09:50:15.933786 21844 backend_model.cc:692] "ERROR: Failed to create instance: '
    rf'{REASON}\n\nAt:\n  model.py(58): initialize\n"'
)
MODEL = (
    "E1122 09:50:15.933921 21844 model_lifecycle.cc:642] \"failed to load 'bad' version 1: "
    rf'Internal: {REASON}\n\nAt:\n  model.py(58): initialize\n"'
)
TABLE = f"| bad   | 1       | UNAVAILABLE: Internal: {REASON}                |"
OTHER_ROWS = [
    "+-------+---------+-----------------------------------------------------+",
    "| Model | Version | Status                                              |",
    "|       |         | At:                                                 |",
]
FINE = [
    'W1122 09:50:04.208810 21844 pinned_memory_manager.cc:273] "Unable to allocate pinned memory"',
    'I1122 09:50:04.208922 21844 cuda_memory_manager.cc:117] "CUDA memory pool disabled"',
    "I1122 09:50:15.934345 21844 server.cc:674] ",
    "| server_version                   | 2.51.0                                      |",
    "Errors are counted here, ERROR: not at the start",
    "",
]
SERVE = "ERROR: Invalid MMS mode. Directory with specified default model name: x does not exist"


def test_nothing_is_no_error() -> None:
    assert errors_in([]) == []


def test_other_lines_are_no_errors() -> None:
    assert errors_in([*FINE, *OTHER_ROWS]) == []


def test_missing_gpu_is_no_error() -> None:
    assert errors_in([NO_GPU]) == []


def test_prefix_is_left_out() -> None:
    assert errors_in(["E1122 09:50:15.933921 1 a.cc:642] \"failed to load 'x'\""]) == [
        "failed to load 'x'"
    ]


def test_fatal_line_is_an_error() -> None:
    assert errors_in(["F0801 09:50:15.933921 1 cuda.cc:1] out of memory"]) == ["out of memory"]


def test_line_of_serve_is_an_error() -> None:
    assert errors_in([*FINE, SERVE]) == [SERVE]


def test_table_row_is_cleared_of_its_frame() -> None:
    assert errors_in([*OTHER_ROWS, TABLE]) == [f"bad   | 1       | UNAVAILABLE: Internal: {REASON}"]


def test_one_failure_is_told_once() -> None:
    told = errors_in([NO_GPU, *FINE, BACKEND, MODEL, *OTHER_ROWS, TABLE])
    assert len(told) == 1
    assert told[0].startswith(f"ERROR: Failed to create instance: {REASON}")


def test_last_three_are_kept_in_order() -> None:
    lines = [f"E1122 09:50:15.933921 1 a.cc:1] problem {number}" for number in (1, 2, 3, 4, 2)]
    assert errors_in(lines) == ["problem 2", "problem 3", "problem 4"]


def test_long_line_is_cut() -> None:
    (line,) = errors_in(["ERROR: " + "x" * 1000])
    assert len(line) == 400


def test_no_log_group_is_no_error(aws: None) -> None:
    assert last_errors("modeldrop-resnet") == []


def test_empty_log_group_is_no_error(aws: None) -> None:
    logs().create_log_group(logGroupName=log_group("modeldrop-resnet"))
    assert last_errors("modeldrop-resnet") == []


@pytest.mark.parametrize("order", [1, -1])
def test_newest_container_is_read(aws: None, order: int) -> None:
    group = log_group("modeldrop-resnet")
    assert group == "/aws/sagemaker/Endpoints/modeldrop-resnet"
    logs().create_log_group(logGroupName=group)
    for stream, age in [("primary/older", 60_000), ("primary/newer", 0)][::order]:
        logs().create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000) - age, "message": f"ERROR: {stream}"}
        logs().put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[event],  # type: ignore[list-item]
        )
    assert last_errors("modeldrop-resnet") == ["ERROR: primary/newer"]
