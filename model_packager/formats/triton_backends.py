"""Triton's backends with their platforms, and the file that each reads.

Source: `AutoCompleteBackendFields` and `ValidateModelConfig` in triton-inference-server/core,
src/model_config_utils.cc.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TritonBackend:
    """A backend with one of its platforms.

    Attributes:
        name: its name, such as "pytorch".
        platform: the value of `platform`; empty if the backend has none.
        filename: the default name of the model's file or folder.
        folder_holds: the file in the folder if the model is a folder; empty if it must be a file.
        is_always_folder: whether the model must be a folder.
        first_release: the first Triton release with the backend.
        last_release: the last Triton release with it.
        needs_gpu: whether it runs only on GPUs.
        completes: whether it adds missing inputs and outputs to the config
            (triton-inference-server/server, docs/user_guide/model_configuration.md, "Auto-Generated
            Model Configuration"), in a way that Modeldrop cannot read from the file.
    """

    name: str
    platform: str
    filename: str
    folder_holds: str = ""
    is_always_folder: bool = False
    first_release: str | None = None
    last_release: str | None = None
    needs_gpu: bool = False
    completes: bool = False


TRITON_BACKENDS = (
    TritonBackend(
        "tensorflow",
        "tensorflow_savedmodel",
        "model.savedmodel",
        folder_holds="saved_model.pb",
        is_always_folder=True,
        last_release="25.02",
        completes=True,
    ),
    TritonBackend("tensorflow", "tensorflow_graphdef", "model.graphdef", last_release="25.02"),
    TritonBackend("tensorrt", "tensorrt_plan", "model.plan", needs_gpu=True, completes=True),
    TritonBackend("onnxruntime", "onnxruntime_onnx", "model.onnx", folder_holds="model.onnx"),
    TritonBackend("openvino", "", "model.xml", completes=True),
    TritonBackend("pytorch", "pytorch_libtorch", "model.pt"),
    TritonBackend("pytorch", "libtorch", "model.pt"),
    TritonBackend("pytorch", "torch_aoti", "model.pt2", first_release="26.03"),
    TritonBackend("python", "", "model.py"),
)
"""All backends, in the order in which Triton looks for their files."""

MODEL_FILENAMES = frozenset(each.filename for each in TRITON_BACKENDS)
"""The files and folders by which Triton recognizes a model without config.pbtxt."""
