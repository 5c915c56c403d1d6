"""Replaces Triton's `onnxruntime` backend locally with the PyPI package onnxruntime.

Triton loads this file for every model whose config says `platform: "onnxruntime_onnx"` (or
`backend: "onnxruntime"`), in one process for each instance of the instance groups. It loads
`<repository>/<model>/<version>/<default_model_filename or model.onnx>`, like Triton's backend, with
the same checks (`onnxruntime_rules.py`). Everything else, from the config parser to the dynamic
batcher and the HTTP frontend, is Triton's. The engine is the same library as in the container, in a
different version.

Numbers are converted through DLPack, because the wheel was built for NumPy 1. ONNX Runtime's Python
API accepts and returns text as str, so text must be UTF-8 here.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import triton_python_backend_utils as pb_utils
from batch_runner import BatchRunner
from model_memory import reserve
from onnxruntime_rules import TEXT, Node, Refused, check, complete, is_complete
from stand_in_limits import not_batched, not_utf8, require_supported

DEFAULT_FILENAME = "model.onnx"
MODEL_REPOSITORY = "MODELDROP_MODEL_REPOSITORY"
"""The environment variable with the folder of the model repository, which Triton passes only to
instances."""
MULTI_MODEL = "SAGEMAKER_MULTI_MODEL"


class TritonPythonModel:
    """One instance of one model."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        """Complete inputs and outputs from the model, like Triton's backend.

        Raises:
            TritonModelException: the message is from Triton's backend.
        """
        said = config.as_dict()
        if is_complete(said):
            return config
        try:
            folder = _folder(said["name"])
            versions = [each for each in folder.iterdir() if each.name.isdigit() and each.is_dir()]
            session = load(max(versions, key=lambda each: int(each.name)), said)
            inputs, outputs = _nodes(session.get_inputs()), _nodes(session.get_outputs())
            completion = complete(said["name"], inputs, outputs, said)
        except Refused as refused:
            raise pb_utils.TritonModelException(str(refused)) from None
        if completion.max_batch_size:
            config.set_max_batch_size(completion.max_batch_size)
        if completion.dynamic_batching:
            config.set_dynamic_batching()
        # add_input and add_output do not support reshape.
        said.setdefault("input", []).extend(completion.inputs)
        said.setdefault("output", []).extend(completion.outputs)
        return config

    def initialize(self, args: dict[str, str]) -> None:
        """Load the model. If it crashes the process, the log names the signal.

        Raises:
            TritonModelException: the message is from Triton's backend.
        """
        import faulthandler

        import numpy

        faulthandler.enable()
        self.numpy: Any = numpy
        self.name = args["model_name"]
        self.config = json.loads(args["model_config"])
        self.runner = BatchRunner(self.config, self._run, _message_of)
        self.batches = self.config.get("max_batch_size", 0) > 0
        try:
            folder = Path(args["model_repository"]) / args["model_version"]
            reserve(folder)
            self.session: Any = load(folder, self.config)
            inputs, outputs = _nodes(self.session.get_inputs()), _nodes(self.session.get_outputs())
            require_supported(self.config, "the ONNX Runtime backend", Refused)
            check(self.name, inputs, outputs, self.config)
        except (Refused, MemoryError) as refused:
            raise pb_utils.TritonModelException(str(refused)) from None
        self.scalars = {node.name for node in (*inputs, *outputs) if not node.shape}
        self.texts = {node.name for node in (*inputs, *outputs) if node.type == TEXT}
        self.dims = {tensor["name"]: tensor["dims"] for tensor in self.config["output"]}

    def execute(self, requests: list[Any]) -> list[Any]:
        """Run all requests as one batch, like Triton's backend."""
        return self.runner.responses(requests)

    def _run(self, requests: list[Any]) -> list[Any]:
        names = [tensor["name"] for tensor in self.config["input"]]
        inputs = [{name: self._input(request, name) for name in names} for request in requests]
        sizes = [next(iter(tensors.values())).shape[0] if self.batches else 1 for tensors in inputs]
        joined = inputs[0]
        if len(inputs) > 1:  # Triton passes several requests only to models with batching
            joined = {n: self.numpy.concatenate([each[n] for each in inputs]) for n in joined}
        arrays = self.session.run(list(self.dims), joined)
        outputs = dict(zip(self.dims, arrays, strict=True))
        return [
            pb_utils.InferenceResponse(
                output_tensors=[
                    self._output(name, array, sizes, i) for name, array in outputs.items()
                ]
            )
            for i in range(len(requests))
        ]

    def _input(self, request: Any, name: str) -> Any:
        tensor = pb_utils.get_input_tensor_by_name(request, name)
        if name in self.texts:
            array = self._decoded(name, tensor.as_numpy())
        else:
            array = self.numpy.from_dlpack(_Capsule(tensor))
        return array.reshape(()) if name in self.scalars else array

    def _decoded(self, name: str, array: Any) -> Any:
        try:
            texts = [each.decode() for each in array.reshape(-1)]
        except UnicodeDecodeError as error:
            raise Refused(not_utf8(name, error)) from None
        return self.numpy.array(texts, self.numpy.object_).reshape(array.shape)

    def _output(self, name: str, array: Any, sizes: list[int], index: int) -> Any:
        if name in self.scalars:
            array = array.reshape([1] * len(self.dims[name]))
        elif self.batches:
            if array.shape[0] != sum(sizes):
                raise Refused(not_batched(name, array.shape, sum(sizes)))
            start = sum(sizes[:index])
            array = array[start : start + sizes[index]]
        if name in self.texts:
            return pb_utils.Tensor(name, self.numpy.asarray(array, self.numpy.object_))
        if not array.size:  # the stub rejects the strides of an empty array (`numpy2.py`)
            return pb_utils.Tensor(name, array)
        # A view, or a result that shares memory with an input, would not outlive this call.
        return pb_utils.Tensor.from_dlpack(name, self.numpy.array(array, order="C", copy=True))


def _message_of(error: Exception) -> str:
    return str(error) if isinstance(error, Refused) else _engine_message(error)


def _engine_message(error: Exception) -> str:
    """In C++, the exception is an Ort::Exception."""
    return f"onnx runtime error: {error}"


def load(folder: Path, config: dict[str, Any]) -> Any:
    """Load a version of a model.

    Raises:
        Refused: the message is from Triton's backend.
    """
    import onnxruntime

    path = folder / (config.get("default_model_filename") or DEFAULT_FILENAME)
    if not path.exists():
        raise Refused(f"unable to find '{path}' for model instance '{config['name']}'")
    options = onnxruntime.SessionOptions()
    groups = config.get("instance_group") or [{}]
    instances = sum(group.get("count", 1) for group in groups)
    options.intra_op_num_threads = max(1, len(os.sched_getaffinity(0)) // max(1, instances))
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Refused(_engine_message(error)) from None


def _folder(name: str) -> Path:
    """Return the folder of a model before Triton loads it.

    In multi-model mode, the name is the TargetModel.

    Raises:
        Refused: the model is a step of an ensemble in multi-model mode, so its folder is unknown.
    """
    if os.environ.get(MULTI_MODEL) != "true":
        return Path(os.environ[MODEL_REPOSITORY]) / name
    archive = Path("opt", hashlib.sha256(name.encode()).hexdigest(), "model")
    folders = [each for each in archive.glob("*/") if (each / "config.pbtxt").is_file()]
    if len(folders) != 1:
        raise Refused(f"modeldrop: write the inputs and outputs of '{name}' into its config.pbtxt")
    return folders[0]


class _Capsule:
    """A Triton tensor with NumPy's DLPack interface, on the CPU (device type 1)."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __dlpack__(self, **_: Any) -> Any:
        return self._tensor.to_dlpack()

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def _nodes(arguments: list[Any]) -> list[Node]:
    """Convert arguments. Dynamic sizes are names or None in ONNX Runtime, and -1 in Triton."""
    return [
        Node(
            each.name,
            each.type,
            tuple(size if isinstance(size, int) and size >= 0 else -1 for size in each.shape),
        )
        for each in arguments
    ]
