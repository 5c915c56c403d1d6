"""Replaces Triton's `pytorch` backend locally: torch.jit in Python instead of libtorch.

Triton loads this file for every model whose config says `platform: "pytorch_libtorch"` (or
`backend: "pytorch"`), in one process for each instance of the instance groups. It loads
`<repository>/<model>/<version>/<default_model_filename or model.pt>`, like libtorch's backend, with
the same checks (`libtorch_rules.py`). Everything else, from the config parser to the dynamic
batcher and the HTTP frontend, is Triton's.

torch is imported only to load a model, because Triton starts an additional process for each model
to complete its config, which does not need torch.

Tensors are converted through DLPack, because the wheel was built for NumPy 1. DLPack does not
support List[str].
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import warnings
from pathlib import Path
from typing import Any

import triton_python_backend_utils as pb_utils
from batch_runner import BatchRunner
from libtorch_rules import Argument, Refused, bind
from model_memory import reserve
from stand_in_limits import not_batched, not_utf8, require_supported
from torch_import import import_torch

DEFAULT_FILENAME = "model.pt"


class TritonPythonModel:
    """One instance of one model."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        """Keep the config, and log the warning of libtorch's backend."""
        pb_utils.Logger.log_warn(
            f"skipping model configuration auto-complete for '{config.as_dict()['name']}': "
            "not supported for pytorch backend"
        )
        return config

    def initialize(self, args: dict[str, str]) -> None:
        """Load the model. If it crashes the process, the log names the signal.

        Raises:
            TritonModelException: the message is from libtorch's backend.
        """
        torch = import_torch()
        faulthandler.enable()
        self.torch: Any = torch
        self.name = args["model_name"]
        self.config = json.loads(args["model_config"])
        self.runner = BatchRunner(self.config, self._run, _message_of)
        self.batches = self.config.get("max_batch_size", 0) > 0
        torch.set_num_threads(self._threads())
        _register_operators_of_torchvision(torch)
        version = Path(args["model_repository"]) / args["model_version"]
        try:
            reserve(version)
            self.model: Any = self._load(version)
            require_supported(self.config, "libtorch", Refused)
            self.binding = bind(self.name, self._arguments(), self.config)
        except (Refused, MemoryError) as refused:
            raise pb_utils.TritonModelException(str(refused)) from None
        for warning in self.binding.warnings:
            pb_utils.Logger.log_warn(warning)
        self.dtypes = {
            torch.bool: "BOOL",
            torch.uint8: "UINT8",
            torch.int8: "INT8",
            torch.int16: "INT16",
            torch.int32: "INT32",
            torch.int64: "INT64",
            torch.float16: "FP16",
            torch.float32: "FP32",
            torch.float64: "FP64",
        }

    def execute(self, requests: list[Any]) -> list[Any]:
        """Run all requests as one batch, like libtorch's backend."""
        with self.torch.inference_mode():
            return self.runner.responses(requests)

    def _threads(self) -> int:
        """Return INTRA_OP_THREAD_COUNT, or this instance's share of libtorch's default."""
        count = self.config.get("parameters", {}).get("INTRA_OP_THREAD_COUNT")
        if count:
            return max(1, int(count["string_value"]))
        instances = sum(group.get("count", 1) for group in self.config["instance_group"])
        return max(1, len(os.sched_getaffinity(0)) // max(1, instances))

    def _load(self, folder: Path) -> Any:
        path = folder / (self.config.get("default_model_filename") or DEFAULT_FILENAME)
        if not path.is_file():
            raise Refused(f"unable to find '{path}' for model instance '{self.name}'")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.jit's deprecation warning does not help users
            try:
                return self.torch.jit.load(str(path), map_location="cpu").eval()
            except Exception as error:
                raise Refused(f"failed to load model '{self.name}': {error}") from None

    def _arguments(self) -> list[Argument]:
        try:
            schema = self.model.forward.schema
        except AttributeError:
            raise Refused("Method 'forward' is not defined.") from None
        arguments = list(schema.arguments)
        if arguments and arguments[0].type.kind() == "ClassType":
            arguments = arguments[1:]
        return [Argument(a.name, a.type.kind(), str(a.type)) for a in arguments]

    def _run(self, requests: list[Any]) -> list[Any]:
        inputs = [
            {name: self._input(request, name) for name in self.binding.inputs}
            for request in requests
        ]
        sizes = [len(next(iter(tensors.values()))) if self.batches else 1 for tensors in inputs]
        joined = inputs[0]
        if len(inputs) > 1:  # Triton passes several requests only to models with batching
            joined = {n: self._joined([tensors[n] for tensors in inputs]) for n in joined}
        outputs = self._outputs(self._forward(joined))
        return [
            pb_utils.InferenceResponse(
                output_tensors=[
                    self._output(name, outputs[position], sizes, i)
                    for name, position in self.binding.outputs.items()
                ]
            )
            for i in range(len(requests))
        ]

    def _input(self, request: Any, name: str) -> Any:
        tensor = pb_utils.get_input_tensor_by_name(request, name)
        if name not in self.binding.texts:
            return self.torch.from_dlpack(tensor.to_dlpack())
        try:
            return [each.decode() for each in tensor.as_numpy().reshape(-1)]
        except UnicodeDecodeError as error:  # libtorch accepts any bytes, and Python only UTF-8
            raise Refused(not_utf8(name, error)) from None

    def _joined(self, parts: list[Any]) -> Any:
        if isinstance(parts[0], list):
            return [text for texts in parts for text in texts]
        return self.torch.cat(parts)

    def _forward(self, tensors: dict[str, Any]) -> Any:
        if self.binding.takes_dict:
            return self.model(tensors)
        ordered = sorted(self.binding.inputs, key=self.binding.inputs.__getitem__)
        return self.model(*(tensors[name] for name in ordered))

    def _outputs(self, returned: Any) -> tuple[Any, ...]:
        outputs = returned if isinstance(returned, tuple) else (returned,)
        for index, output in enumerate(outputs):
            if not (isinstance(output, self.torch.Tensor) or is_texts(output)):
                where = f"output at index {index}" if isinstance(returned, tuple) else "output"
                raise Refused(
                    f"PyTorch execute failure: {where} must be of type Tensor, List[str] or Tuple "
                    "containing one of these two types. It should not be a List / Dictionary of "
                    f"Tensors or a Scalar (it is {type(output).__name__})"
                )
        for name, position in self.binding.outputs.items():
            if position >= len(outputs):
                raise Refused(
                    f"The output {name} in the model configuration refers to an output index which "
                    f"doesn't exist. This model has {len(outputs)} outputs"
                )
            self._check_output(name, outputs[position])
        return outputs

    def _check_output(self, name: str, tensor: Any) -> None:
        if is_texts(tensor):
            return
        try:
            tensor.contiguous().flatten()
        except Exception:  # a sparse tensor
            raise Refused(f"output tensor '{name}' is not found") from None
        expected = self.binding.output_dtypes[name]
        actual = self.dtypes.get(tensor.dtype, "<invalid>")  # as TRITONSERVER_DataTypeString
        if expected != actual:
            raise Refused(
                f"configuration expects datatype TYPE_{expected} for output '{name}', "
                f"model provides TYPE_{actual}"
            )
        if tensor.dim() == 0:
            raise Refused(f"output '{name}' is a scalar which is not supported.")

    def _output(self, name: str, tensor: Any, sizes: list[int], index: int) -> Any:
        if is_texts(tensor):
            return self._text_output(name, tensor, sizes[index])
        if self.batches:
            if tensor.shape[0] != sum(sizes):
                raise Refused(not_batched(name, tensor.shape, sum(sizes)))
            tensor = tensor.split(sizes)[index]
        if not tensor.numel():  # the stub rejects the strides of an empty tensor (`numpy2.py`)
            return pb_utils.Tensor(name, tensor.detach().numpy())
        # A view, or a result that shares memory with an input, would not outlive this call.
        return pb_utils.Tensor.from_dlpack(name, tensor.detach().clone().contiguous())

    def _text_output(self, name: str, texts: list[str], size: int) -> Any:
        """Convert a List[str]. A batch gets the first texts for every request, as on Triton.

        Source: `SetStringBuffer` in pytorch_backend, src/string_utils.cc.
        """
        import numpy

        if self.batches and len(texts) < size:
            raise Refused(
                f"modeldrop: output '{name}' has {len(texts)} texts for a request of {size}"
            )
        served = texts[:size] if self.batches else texts
        return pb_utils.Tensor(name, numpy.array(served, numpy.object_))


def _message_of(error: Exception) -> str:
    """In C++, an exception that is not the backend's own is a std::exception."""
    return str(error) if isinstance(error, Refused) else f"PyTorch execute failure: {error}"


def is_texts(output: Any) -> bool:
    """Return whether an output of a model is a List[str]."""
    return isinstance(output, list) and all(isinstance(each, str) for each in output)


def _register_operators_of_torchvision(torch: Any) -> None:
    """Register the operators of torchvision that the container has, such as `torchvision::nms`.

    The container's backend is linked with libtorchvision in every release (CMakeLists.txt of
    triton-inference-server/pytorch_backend: TRITON_PYTORCH_ENABLE_TORCHVISION is ON). This function
    loads only the library, because the package takes seconds to import.
    """
    package = importlib.util.find_spec("torchvision")
    for folder in (package and package.submodule_search_locations) or ():
        for library in (*Path(folder).glob("_C*.so"), *Path(folder).glob("image*.so")):
            torch.ops.load_library(str(library))
