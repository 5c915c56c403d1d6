r"""Recorded lines of tritonserver 2.51, some truncated. Triton writes the literal `
`."""

import pytest

from workflow.failures.log_errors import error_lines_in, readable, shortened, summary_of

REASON = (
    "failed to load model 'bad': PytorchStreamReader failed reading zip archive: not a ZIP "
    "archive. This is an internal miniz error."
)
NO_GPU = 'E1122 09:50:04.209019 21844 server.cc:241] "CudaDriverHelper has not been initialized."'
NO_PINNED = (
    "E0812 05:45:01.326063 1 pinned_memory_manager.cc:192] failed to allocate pinned system "
    "memory: CUDA driver version is insufficient for CUDA runtime version"
)
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


@pytest.mark.parametrize("lines", [[], [*FINE, *OTHER_ROWS], [NO_GPU], [NO_PINNED]])
def test_other_lines_are_not_error_lines(lines: list[str]) -> None:
    assert error_lines_in(lines) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("E1122 09:50:15.933921 1 a.cc:642] \"failed to load 'x'\"", "failed to load 'x'"),
        ("F0801 09:50:15.933921 1 cuda.cc:1] out of memory", "out of memory"),
        (SERVE, SERVE),
        (TABLE, f"UNAVAILABLE: Internal: {REASON}"),
        (
            "torch.OutOfMemoryError: CUDA out of memory.",
            "torch.OutOfMemoryError: CUDA out of memory.",
        ),
        ("  what():  std::bad_alloc", "what():  std::bad_alloc"),
        ("/opt/entrypoint.sh: line 9:    62 Killed", "/opt/entrypoint.sh: line 9:    62 Killed"),
        ("/usr/bin/serve: exec format error", "/usr/bin/serve: exec format error"),
    ],
)
def test_error_line_loses_its_prefix(line: str, text: str) -> None:
    assert error_lines_in([*FINE, line, *OTHER_ROWS]) == [text]


def test_traceback_is_reduced_to_its_error() -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "/opt/ml/model/m/1/model.py", line 6, in initialize',
        '    raise KeyError("label")',
        "KeyError: 'label'",
    ]
    assert error_lines_in(lines) == ["KeyError: 'label'"]


def test_stack_within_a_line_is_removed() -> None:
    line = r"RuntimeError: a\nTraceback of TorchScript (most recent call last):\n  File \"m.py\""
    assert readable(rf"{line}\nlinear.py(134): forward\nshapes differ\n") == (
        "RuntimeError: a shapes differ"
    )


def test_error_after_a_long_stack_is_kept() -> None:
    stack = r"\n".join(f"/usr/lib/python3/module.py({line}): forward" for line in range(100))
    assert readable(rf"failed: \n{stack}\nRuntimeError: shapes differ\n") == (
        "failed: RuntimeError: shapes differ"
    )


def test_repeated_failure_is_one_error_line() -> None:
    lines = [NO_GPU, *FINE, BACKEND, MODEL, *OTHER_ROWS, TABLE]
    assert error_lines_in(lines) == [f"ERROR: Failed to create instance: {REASON}"]


def test_summary_has_the_last_three_in_order() -> None:
    lines = [f"E1122 09:50:15.933921 1 a.cc:1] problem {number}" for number in (1, 2, 3, 4, 2)]
    assert summary_of(error_lines_in(lines)) == "problem 2 | problem 3 | problem 4"


def test_summary_skips_a_line_that_another_contains() -> None:
    """Triton logs the whole error of a failed warm-up, and parts of it in its table."""
    failed = "failed to run warmup sample 'batch of 1': PyTorch execute failure:"
    whole = f"{failed} The operation failed. RuntimeError: mat1 and mat2 (1x7 and 6x32)"
    pieces = [f"UNAVAILABLE: Invalid argument: {failed}", "RuntimeError: mat1 and mat2"]
    assert summary_of([f"ERROR: Failed to create instance: {whole}", *pieces, "Killed"]) == (
        f"ERROR: Failed to create instance: {whole} | Killed"
    )


def test_summary_shows_equal_errors_once() -> None:
    assert summary_of(["Internal: no such op", "UNAVAILABLE: Internal: no such op"]) == (
        "UNAVAILABLE: Internal: no such op"
    )


OPSET = (
    "onnx runtime error 1: Load model from /opt/ml/model/m/1/model.onnx failed:"
    "{place}ONNX Runtime only *guarantees* support for models stamped with official released onnx "
    "opset versions. Opset 60 is under development and support for this is limited. Current "
    "official support for domain ai.onnx is till opset 26."
)
VALIDATE = (
    "/workspace/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::model_load_utils::"
    "ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::basic_string<char>, int>&, "
    "const onnxruntime::logging::Logger&, bool, const std::string&, int) "
)


@pytest.mark.parametrize(
    "place",
    [
        VALIDATE,
        "bfc_arena.cc:368 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, Stream*) ",
        "a.h:1 std::function<void(int)> onnx::Foo<T>::operator()(int) const [with T = float] ",
    ],
)
def test_signature_of_a_cpp_function_is_removed(place: str) -> None:
    assert readable(OPSET.format(place=place)) == OPSET.format(place="")


@pytest.mark.parametrize(
    "text", ["failed at a.cc:12 for a reason (a good one) and more", "a.cc:12 void onnx::f(int"]
)
def test_other_words_behind_a_file_stay(text: str) -> None:
    assert readable(text) == text


def test_cut_comes_between_sentences_or_words() -> None:
    assert shortened("It broke. It was old and worn.", 14) == "It broke.…"
    assert shortened("It was old and worn out", 18) == "It was old and…"
    assert shortened("x" * 30, 20) == "x" * 19 + "…"
    assert shortened("short", 5) == "short"


def test_long_line_is_truncated() -> None:
    [line] = error_lines_in(["ERROR: " + "x" * 5000])
    assert len(line) == 2000
    assert len(summary_of([line])) == 400


@pytest.mark.parametrize(
    "secret",
    [
        "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG",
        '"HF_TOKEN": "wJalrXUtnFEMI"',
        "Authorization: Bearer wJalrXUtnFEMI",
        "https://b.s3.amazonaws.com/k?X-Amz-Signature=wJalrXUtnFEMI",
        "AKIAIOSFODNN7EXAMPLE",
        "hf_wJalrXUtnFEMIwJalrXUtnFEMI",
    ],
)
def test_secrets_are_removed(secret: str) -> None:
    [line] = error_lines_in([f"ERROR: no access with {secret} here"])
    assert "[removed]" in line
    assert "wJalr" not in line
    assert "AKIA" not in line
    assert line.endswith("here")
