"""Warnings about a model that can be deployed but may fail or misbehave when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class WarningCode(StrEnum):
    """The kind of a warning."""

    STATEFUL = "STATEFUL"
    SEQUENCES = "SEQUENCES"
    CUDA_DEVICE = "CUDA_DEVICE"
    CPU_DEVICE = "CPU_DEVICE"
    CUSTOM_OPERATORS = "CUSTOM_OPERATORS"
    NEWER_OPERATORS = "NEWER_OPERATORS"
    NEWER_FORMAT = "NEWER_FORMAT"
    TRAINING_MODE = "TRAINING_MODE"
    QUANTIZED_ON_GPU = "QUANTIZED_ON_GPU"
    FLOAT64_WEIGHTS = "FLOAT64_WEIGHTS"
    FIXED_BATCH = "FIXED_BATCH"
    FIXED_SIZE = "FIXED_SIZE"
    HOST_IMAGE = "HOST_IMAGE"
    FEWER_OUTPUTS = "FEWER_OUTPUTS"
    OUTPUT_SHAPE = "OUTPUT_SHAPE"
    PACKAGE = "PACKAGE"
    NETWORK_ACCESS = "NETWORK_ACCESS"
    CPU_TEST = "CPU_TEST"


class ModelWarning(BaseModel):
    """One warning, with its cause and fix."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    code: WarningCode
    cause: str
    fix: str


def fewer_outputs(served: Sequence[str], model: int) -> tuple[ModelWarning, ...]:
    """Warn about outputs that clients do not get.

    Args:
        served: the names of the served outputs.
        model: the number of outputs that the model returns.
    """
    if len(served) >= model:
        return ()
    return (
        ModelWarning(
            code=WarningCode.FEWER_OUTPUTS,
            cause=f"The model returns {model} outputs, but `outputs` in deploy.yaml lists only "
            f"{len(served)} ({', '.join(served):.300}). Clients do not get the others.",
            fix="If clients need them, list all outputs in deploy.yaml, and upload it again.",
        ),
    )


def cpu_test_skipped(reason: str) -> ModelWarning:
    """Say that the CPU test has no result.

    Args:
        reason: the reason, as the end of a sentence about the model.
    """
    return ModelWarning(
        code=WarningCode.CPU_TEST,
        cause=f"The CPU test of the model has no result: {reason}.",
        fix="No action needed: the smoke test on the endpoint tests the model.",
    )


@dataclass(frozen=True, slots=True)
class Host:
    """The host of a model.

    Attributes:
        release: Triton's release, such as "26.05".
        gpus: the number of GPUs of an instance; 1 if only their existence is known.
        runs_on_gpu: whether the instance has a GPU, and the spec lets the model use it.
    """

    release: str
    gpus: int
    runs_on_gpu: bool
