"""The rules of the Triton container's `serve` script, as a pure function.

Source: triton-inference-server/server, docker/sagemaker/serve (2025). The script reads the
environment and /opt/ml/model, then starts tritonserver or exits with an ERROR line; the messages
here are the script's. Not included: SageMaker's two port variables, GPU limits, gRPC and metrics
(SageMaker uses neither port). Unlike the container, this computer has the user's files, so only
safe options are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_packager.spec.container_environment import ARGUMENTS_VARIABLE, refused_options
from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE

MULTI_MODEL = "SAGEMAKER_MULTI_MODEL"
"""The variable that SageMaker sets to "true" in the container of a multi-model endpoint."""

_FLAGS = {
    "SAGEMAKER_TRITON_BUFFER_MANAGER_THREAD_COUNT": "--buffer-manager-thread-count={}",
    "SAGEMAKER_TRITON_THREAD_COUNT": "--sagemaker-thread-count={}",
    "SAGEMAKER_TRITON_LOG_INFO": "--log-info={}",
    "SAGEMAKER_TRITON_LOG_WARNING": "--log-warning={}",
    "SAGEMAKER_TRITON_LOG_ERROR": "--log-error={}",
}
_FLAGS_WITH_DEFAULT = {
    "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING": ("--model-namespacing={}", "true"),
    "SAGEMAKER_TRITON_LOG_VERBOSE": ("--log-verbose={}", "true"),
}
_SHARED_MEMORY = {
    "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE": ("shm-default-byte-size", "16777216"),
    "SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE": ("shm-growth-byte-size", "1048576"),
}
_INFERENCE_TYPE = "SAGEMAKER_TRITON_INFERENCE_TYPE"
_INFERENCE_TYPES = ("infer", "generate", "generate_stream")
_FIXED = (
    "--allow-sagemaker=true",
    "--allow-grpc=false",
    "--allow-http=false",
    "--allow-metrics=false",
    "--model-control-mode=explicit",
)


@dataclass(frozen=True)
class Serving:
    """The decision of `serve`.

    Attributes:
        default_model: the model that serves /invocations; None in multi-model mode, and if `serve`
            exits.
        arguments: the options for tritonserver; empty if `serve` exits.
        log: the lines that `serve` prints.
    """

    default_model: str | None
    arguments: tuple[str, ...]
    log: tuple[str, ...]

    @property
    def starts(self) -> bool:
        """Whether `serve` starts tritonserver."""
        return bool(self.arguments)


def decide(repository: Path, environment: Mapping[str, str]) -> Serving:
    """Decide what to start for a model repository, as `serve` does.

    Args:
        repository: the contents of /opt/ml/model; an empty folder in multi-model mode.
        environment: the Environment of the CreateModel request.
    """
    if environment.get(MULTI_MODEL) == "true":
        return _serving(
            repository, environment, None, ("Triton is running in SageMaker MME mode.",)
        )
    if (repository / "config.pbtxt").is_file():
        return _exit_with(
            "ERROR: Incorrect directory structure.",
            "       Model directory needs to contain the top level folder",
        )
    inference_type = environment.get(_INFERENCE_TYPE, "")
    if inference_type and inference_type not in _INFERENCE_TYPES:
        return _exit_with(
            f"ERROR: Invalid {_INFERENCE_TYPE} '{inference_type}'",
            f"       Must be one of: {', '.join(_INFERENCE_TYPES)}",
        )
    default = environment.get(DEFAULT_MODEL_VARIABLE, "")
    log: tuple[str, ...] = ()
    if default:
        if not (repository / default).is_dir():
            return _exit_with(
                f"ERROR: Directory with provided {DEFAULT_MODEL_VARIABLE} {default} does not exist"
            )
    else:
        folders = sorted(entry.name for entry in repository.iterdir() if entry.is_dir())
        if not folders:
            return _exit_with("ERROR: No model found in model repository")
        if len(folders) > 1:
            return _exit_with(
                "ERROR: More than 1 model directory found in model repository.",
                f"       Either provide a single directory or set {DEFAULT_MODEL_VARIABLE} "
                "to run the ensemble backend.",
                f"       Directories found in model repository: {' '.join(folders)}",
            )
        default = folders[0]
        log = (
            f"WARNING: No {DEFAULT_MODEL_VARIABLE} provided.",
            f"         Starting with the only existing model directory {default}",
        )
    return _serving(repository, environment, default, log)


def _serving(
    repository: Path, environment: Mapping[str, str], default: str | None, log: tuple[str, ...]
) -> Serving:
    arguments = _arguments(environment)
    for refused in refused_options(arguments):
        return _exit_with(
            f"ERROR: The local SageMaker refuses the argument {refused}, because tritonserver "
            "runs on this computer. Remove it from the container's environment."
        )
    loaded = () if default is None else (f"--load-model={default}",)
    ends = (f"--model-repository={repository}", *arguments, *loaded)
    return Serving(default, (*_FIXED, *ends), log)


def shared_memory_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the sizes in bytes that `serve` passes to Python backends, by setting."""
    return {
        setting: environment.get(variable) or default
        for variable, (setting, default) in _SHARED_MEMORY.items()
    }


def _exit_with(*lines: str) -> Serving:
    return Serving(default_model=None, arguments=(), log=lines)


def _arguments(environment: Mapping[str, str]) -> Sequence[str]:
    """Return the options in the environment.

    Like the script, it splits the values at white space.
    """
    arguments: list[str] = []
    for variable, (flag, default) in _FLAGS_WITH_DEFAULT.items():
        arguments += flag.format(environment.get(variable) or default).split()
    for variable, flag in _FLAGS.items():
        if environment.get(variable):
            arguments += flag.format(environment[variable]).split()
    for setting, size in shared_memory_settings(environment).items():
        arguments += f"--backend-config=python,{setting}={size}".split()
    return [*arguments, *environment.get(ARGUMENTS_VARIABLE, "").split()]
