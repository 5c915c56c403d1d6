"""Errors of a model that runs, in a warm-up or a request: outputs, types, ids and devices."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.hardware_rows import SEEN

_BACKEND = (
    "https://github.com/triton-inference-server/pytorch_backend/blob/main/src/pt/"
    "model_instance_state.cc"
)
_RESPONDER = (
    "https://github.com/triton-inference-server/backend/blob/main/src/"
    "backend_output_responder.cc; the other text is that of the embedded cloud"
)
_TRACEBACK = "PyTorch execute failure: RuntimeError: "

RUN_ROWS = (
    FailureRow(
        FailureKind.CRASHED,
        re.compile(r"could not get a response from the \S+ endpoint"),
        "The container ended while it ran the request: the model crashed it, or memory ran out.",
        "Read the end of the container's log. After a crash (`Signal (11)`, `Segmentation fault`), "
        "check that the model accepts every batch size up to max_batch_size, or set "
        "`max_batch_size: 1` in deploy.yaml. Otherwise set an endpoint.instance_type with more "
        "memory.",
        "Amazon SageMaker could not get a response from the resnet endpoint. This can occur when "
        "CPU or memory utilization is high.",
        "https://github.com/aws/amazon-sagemaker-examples/issues/2815",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"expects datatype TYPE_\w+ for output '(?P<name>.+?)', model provides TYPE_<invalid>"
        ),
        "The output {name} has an element type that Triton's PyTorch backend does not have, such "
        "as bfloat16, uint16 or complex numbers.",
        "Convert it at the end of forward: `.float()`, or `torch.view_as_real` for complex "
        "numbers. Export the model again.",
        "configuration expects datatype TYPE_FP32 for output 'OUTPUT__0', model provides "
        "TYPE_<invalid>",
        f"{_BACKEND} and the names of types in core/src/tritonserver.cc",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"output '(?P<name>.+?)' is a scalar which is not supported"),
        "The output {name} is a scalar, without any dimension.",
        "Return one value for each item of the batch, such as `x.mean(1, keepdim=True)`. For one "
        "value in all, return `x.reshape(1)` and set `max_batch_size: 0` in deploy.yaml. Export "
        "the model again.",
        "output 'OUTPUT__0' is a scalar which is not supported.",
        _BACKEND,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"output(?: at index \d+)? must be of type Tensor|Expected Tensor but got (?P<got>\w+)"
        ),
        "The model returns something that is not a tensor, such as None, a list or a number.",
        "Let forward return a tensor or a tuple of tensors for every input, and export the model "
        "again.",
        "PyTorch execute failure: output must be of type Tensor, List[str] or Tuple containing one "
        "of these two types. It should not be a List / Dictionary of Tensors or a Scalar",
        _BACKEND,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"output tensor '(?P<name>.+?)' is not found"),
        "The output {name} is not a dense tensor; it is probably sparse.",
        "Return it as `x.to_dense()`, and export the model again.",
        "output tensor 'OUTPUT__0' is not found",
        _BACKEND,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"failed to split the output tensor '(?P<name>.+?)' in responses"
            r"|output '(?P<other>.+?)' has shape \[[^\]]*\] for a batch of \d+"
        ),
        "The first dimension of the output {name}{other} is not the batch.",
        "If the model has no batch dimension, or has it elsewhere, set `max_batch_size: 0` in "
        "deploy.yaml and list all dimensions in dims. Otherwise return the batch first "
        "(`y.transpose(0, 1)`), and export the model again.",
        "failed to split the output tensor 'OUTPUT__0' in responses: expected batch size of at "
        "least 2 in model output, got 1",
        _RESPONDER,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"Found no NVIDIA driver on your system|No CUDA GPUs are available"
            r"|not compiled with CUDA enabled|Cannot initialize CUDA without"
            r"|with arguments from the 'CUDA' backend"
        ),
        "The model's code needs a GPU, but the instance has none.",
        "In deploy.yaml, set an endpoint.instance_type with a GPU, such as ml.g4dn.xlarge. Or let "
        "the model's code use the input's device (`x.device`), and export it again.",
        f"{_TRACEBACK}Found no NVIDIA driver on your system. Please check that you have an NVIDIA "
        "GPU and installed a driver",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"(?P<why>expected scalar type \w+ but found \w+"
            r"|\w+ and \w+ (?:must|to) have the same dtype, but got[\w:!= ]*\w"
            r"|Input type \([\w: ]+\) and (?:weight|bias) type \([\w: ]+\) should be the same"
            r"|to have one of the following scalar types: [\w, ]+; but got \S+)"
        ),
        "The model computes with a different element type than that of its inputs: {why}.",
        "Set the dtype of inputs in deploy.yaml to the type that the model takes. Or convert the "
        "model with `model.float()`, and export it again.",
        f"{_TRACEBACK}mat1 and mat2 must have the same dtype, but got Half and Float",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"(?P<why>index out of range in self|index -?\d+ is out of bounds for dimension \d+"
            r"|indices element out of data bounds|Class values must be smaller than num_classes)"
        ),
        "An id or index in the request is out of the model's range: {why}.",
        "Put a real input next to the model as sample/input.npz. If the warm-up fails, set "
        "`model_warmup: false` in deploy.yaml.",
        f"{_TRACEBACK}index out of range in self",
        SEEN,
    ),
)
