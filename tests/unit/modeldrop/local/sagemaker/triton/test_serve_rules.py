from __future__ import annotations

from pathlib import Path

import pytest

from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE
from modeldrop.local.sagemaker.triton.serve_rules import MULTI_MODEL, decide


def repository(folder: Path, *models: str) -> Path:
    for model in models:
        (folder / model / "1").mkdir(parents=True)
    return folder


def test_the_named_model_is_served_alone(tmp_path: Path) -> None:
    serving = decide(repository(tmp_path, "resnet", "other"), {DEFAULT_MODEL_VARIABLE: "resnet"})
    assert serving.default_model == "resnet"
    assert serving.log == ()
    assert set(serving.arguments) == {
        "--allow-sagemaker=true",
        "--allow-grpc=false",
        "--allow-http=false",
        "--allow-metrics=false",
        "--model-control-mode=explicit",
        f"--model-repository={tmp_path}",
        "--model-namespacing=true",
        "--log-verbose=true",
        "--backend-config=python,shm-default-byte-size=16777216",
        "--backend-config=python,shm-growth-byte-size=1048576",
        "--load-model=resnet",
    }


def test_multi_model_mode_starts_without_a_model(tmp_path: Path) -> None:
    serving = decide(tmp_path, {MULTI_MODEL: "true", DEFAULT_MODEL_VARIABLE: "ignored"})
    assert serving.starts
    assert serving.default_model is None
    assert f"--model-repository={tmp_path}" in serving.arguments
    assert not [each for each in serving.arguments if each.startswith("--load-model")]


def test_the_only_model_is_served_with_a_warning(tmp_path: Path) -> None:
    serving = decide(repository(tmp_path, "resnet"), {})
    assert serving.default_model == "resnet"
    assert serving.log == (
        "WARNING: No SAGEMAKER_TRITON_DEFAULT_MODEL_NAME provided.",
        "         Starting with the only existing model directory resnet",
    )


def test_variables_become_flags(tmp_path: Path) -> None:
    serving = decide(
        repository(tmp_path, "m"),
        {
            "SAGEMAKER_TRITON_THREAD_COUNT": "3",
            "SAGEMAKER_TRITON_LOG_VERBOSE": "0",
            "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING": "false",
            "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE": "1048576",
            "SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--id=a --exit-timeout-secs=5",
        },
    )
    for flag in (
        "--sagemaker-thread-count=3",
        "--log-verbose=0",
        "--model-namespacing=false",
        "--backend-config=python,shm-default-byte-size=1048576",
        "--id=a",
        "--exit-timeout-secs=5",
    ):
        assert flag in serving.arguments
    assert "--log-verbose=true" not in serving.arguments


@pytest.mark.parametrize(
    "variable", ["SAGEMAKER_TRITON_ADDITIONAL_ARGS", "SAGEMAKER_TRITON_LOG_INFO"]
)
def test_options_with_paths_of_this_computer_are_refused(tmp_path: Path, variable: str) -> None:
    serving = decide(repository(tmp_path, "m"), {variable: "true --log-file=/home/me/.bashrc"})
    assert serving.default_model is None
    assert serving.arguments == ()
    assert "refuses the argument" in serving.log[0]


def config_at_the_root(folder: Path) -> dict[str, str]:
    (folder / "config.pbtxt").touch()
    return {}


def nothing(_folder: Path) -> dict[str, str]:
    return {}


def two_models(folder: Path) -> dict[str, str]:
    repository(folder, "a", "b")
    return {}


def another_name(folder: Path) -> dict[str, str]:
    repository(folder, "a")
    return {DEFAULT_MODEL_VARIABLE: "b"}


def unknown_inference_type(folder: Path) -> dict[str, str]:
    repository(folder, "a")
    return {"SAGEMAKER_TRITON_INFERENCE_TYPE": "guess"}


@pytest.mark.parametrize(
    ("arrange", "line"),
    [
        (config_at_the_root, "ERROR: Incorrect directory structure."),
        (nothing, "ERROR: No model found in model repository"),
        (two_models, "ERROR: More than 1 model directory found in model repository."),
        (
            another_name,
            "ERROR: Directory with provided SAGEMAKER_TRITON_DEFAULT_MODEL_NAME b does not exist",
        ),
        (unknown_inference_type, "ERROR: Invalid SAGEMAKER_TRITON_INFERENCE_TYPE 'guess'"),
    ],
)
def test_serve_gives_up_with_its_own_line(tmp_path: Path, arrange: object, line: str) -> None:
    assert callable(arrange)
    serving = decide(tmp_path, arrange(tmp_path))
    assert serving.default_model is None
    assert serving.arguments == ()
    assert serving.log[0] == line
