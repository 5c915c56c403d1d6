"""Errors of Triton's backends when they cannot load, warm up or run a model."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.hardware_rows import SEEN

WARMUP = r"failed to run warmup sample '(?P<sample>[^']*)'"

WARMUP_FIX = (
    "Correct the dims of inputs in deploy.yaml if they differ from the model's. Otherwise set "
    "`model_warmup` data and batch_sizes that the model accepts, or `model_warmup: false`."
)

MODEL_ROWS = (
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"Expected all tensors to be on the same device"),
        "The model mixes tensors on the GPU and the CPU: the export recorded a fixed device.",
        "Register these tensors as buffers of the module and export it again, or set "
        "instance_group.kind to KIND_CPU in deploy.yaml.",
        "RuntimeError: Expected all tensors to be on the same device, but found at least two "
        "devices, cuda:0 and cpu!",
        "https://github.com/triton-inference-server/server/issues/4696",
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"unexpected shape for input '(?P<name>.+?)' for model '[^']*'\. Expected "
            r"(?P<wanted>\[[^\]]*\]), got (?P<actual>\[[^\]]*\])"
        ),
        "The input {name} has the shape {actual}, but the model configuration expects {wanted}.",
        "Correct dims of {name} under inputs, and max_batch_size, in deploy.yaml.",
        "failed to load 'm' version 1: Invalid argument: [request id: <id_unknown>] unexpected "
        "shape for input 'INPUT__0' for model 'm'. Expected [-1,5], got [1,4].",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"Unknown builtin op: (?P<operator>[\w:.]*\w)"),
        "The model uses the operator {operator}, which Triton's image does not have.",
        "Export the model without it (run that step in the client), or export to ONNX.",
        "failed to load 'm' version 1: Internal: failed to load model 'm': Unknown builtin op: "
        "torch_cluster::knn. Could not find any similar ops to torch_cluster::knn.",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"[Aa]ttempted to read a PyTorch file with version (?P<file>\d+), but the maximum "
            r"supported version for reading is (?P<most>\d+)"
        ),
        "The file has TorchScript format version {file}, but the image's PyTorch reads only up to "
        "{most}.",
        "Export the model with an older PyTorch, or deploy the stack with a newer TritonRelease.",
        "Attempted to read a PyTorch file with version 4, but the maximum supported version for "
        "reading is 2. Your PyTorch installation may be too old.",
        "https://github.com/triton-inference-server/server/issues/1906",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"PytorchStreamReader failed locating file (?P<file>[\w./]*\w)"),
        "The file is not TorchScript: it has no {file}. It probably contains weights or a pickled "
        "module.",
        "Save the model with torch.jit.save, not torch.save.",
        "failed to load 'm' version 1: Internal: failed to load model 'm': PytorchStreamReader "
        "failed locating file constants.pkl: file not found",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"PytorchStreamReader failed reading"),
        "The model file is damaged, truncated, or not TorchScript.",
        "Save it again with torch.jit.save.",
        "failed to load 'm' version 1: Internal: failed to load model 'm': PytorchStreamReader "
        "failed reading zip archive: failed finding central directory",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"configuration expects (?P<config>\d+) (?P<which>input|output)s?, model provides "
            r"(?P<model>\d+)"
        ),
        "The model has {model} {which}s, but the model configuration lists {config}.",
        "List all {which}s of the model, and no others, in deploy.yaml.",
        "unable to load model 'm', configuration expects 1 inputs, model provides 2",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"An input of type '(?P<type>[^']+)' was detected in the model"),
        "forward() takes an argument of type {type}, but Triton passes only tensors.",
        "Wrap the model so that forward() takes only tensors, and export it again.",
        "An input of type 'int' was detected in the model. Only a single input of type Dict(str, "
        "Tensor) or input(s) of type Tensor are supported.",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"configuration expects datatype TYPE_(?P<config>\w+) for (?P<which>input|output) "
            r"'(?P<name>.+?)', model provides TYPE_(?P<model>\w+)"
        ),
        "The {which} {name} is {model}, but the model configuration says {config}.",
        "Set `dtype: {model}` for {name} under {which}s in deploy.yaml.",
        "unable to load model 'm', configuration expects datatype TYPE_FP16 for input 'x', model "
        "provides TYPE_FP32",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"unexpected inference (?P<which>input|output) '(?P<name>.+?)', allowed \w+ are: "
            r"(?P<allowed>.+)"
        ),
        "The model has no {which} {name}; it has {allowed}.",
        "Use the model's own names under {which}s in deploy.yaml.",
        "unexpected inference input 'z', allowed inputs are: x",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"tensor '(?P<name>.+?)': the model expects \d+ dimensions \(shape "
            r"(?P<model>\[[^\]]*\])\) but the model configuration specifies .*?"
            r"(?P<config>\[[^\]]*\])\)?$"
        ),
        "The tensor {name} has the shape {model} in the model, but {config} in the model "
        "configuration.",
        "Correct its dims, and max_batch_size, in deploy.yaml.",
        "model 'm', tensor 'y': the model expects 2 dimensions (shape [-1,3]) but the model "
        "configuration specifies 2 dimensions (an initial batch dimension because max_batch_size "
        "> 0 followed by the explicit tensor shape, making complete shape [-1,7])",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"autofill failed for model '[^']*': model does not support batching"),
        "ONNX Runtime finds that an output of the model has no batch dimension, but "
        "max_batch_size is set.",
        "Set max_batch_size: 0 in deploy.yaml, with all dimensions in the dims of inputs.",
        "autofill failed for model 'm': model does not support batching while non-zero "
        "max_batch_size is specified",
        "https://github.com/triton-inference-server/onnxruntime_backend",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"No Op registered for (?P<operator>\w+) with domain_version of (?P<set>\d+)"),
        "The model uses the operator {operator} of opset {set}, which ONNX Runtime does not have.",
        "Export the model with an older opset_version, or without that operator.",
        "onnx runtime error: [ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model. "
        "Error No Op registered for MadeUp with domain_version of 17",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"Opset (?P<set>\d+) is under development.*official support for domain "
            r"(?P<domain>[\w.]+) is till opset (?P<most>\d+)"
        ),
        "The model uses opset {set} of {domain}, but the image's ONNX Runtime supports only up to "
        "{most}.",
        "Export it with `opset_version={most}`, or deploy the stack with a newer TritonRelease.",
        "onnx runtime error 1: Load model from /opt/ml/model/m/1/model.onnx failed: ONNX Runtime "
        "only *guarantees* support for models stamped with official released onnx opset versions. "
        "Opset 60 is under development and support for this is limited. Current official support "
        "for domain ai.onnx is till opset 26.",
        "https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/graph/"
        "model_load_utils.h",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"Unsupported model IR version: (?P<file>\d+), max supported IR version: (?P<most>\d+)"
        ),
        "The file has ONNX IR version {file}, but the image reads only up to {most}.",
        "Save it with `model.ir_version = {most}`, or deploy the stack with a newer TritonRelease.",
        "onnx runtime error 1: Load model from /opt/ml/model/m/1/model.onnx failed: Unsupported "
        "model IR version: 10, max supported IR version: 9",
        "https://github.com/triton-inference-server/server/issues/8001",
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"INVALID_PROTOBUF"),
        "The model file is damaged, truncated, or not ONNX.",
        "Export the model again.",
        "onnx runtime error: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from "
        "/opt/ml/model/m/1/model.onnx failed:Protobuf parsing failed.",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"engine plan file is (?:not compatible with this version of TensorRT, expecting "
            r"library version (?P<image>[\d.]*\d) got (?P<file>[\d.]*\d))"
        ),
        "The engine was built with TensorRT {file}, but the image has {image}.",
        "Build it in the TensorRT container of the same release as the stack's TritonRelease.",
        "The engine plan file is not compatible with this version of TensorRT, expecting library "
        "version 8.2.4 got 8.2.3, please rebuild.",
        "https://github.com/triton-inference-server/server/issues/317",
    ),
)

WARMUP_ROWS = (
    FailureRow(
        FailureKind.WARMUP,
        re.compile(WARMUP + r": (?P<why>.+)"),
        "The model fails on Triton's warm-up request ({sample}): {why}",
        WARMUP_FIX,
        "failed to load 'm' version 1: Invalid argument: failed to run warmup sample 'batch of 1': "
        "PyTorch execute failure: RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x5 "
        "and 4x3)",
        SEEN,
    ),
    FailureRow(
        FailureKind.WARMUP,
        re.compile(WARMUP),
        "The model fails on Triton's warm-up request ({sample}).",
        WARMUP_FIX,
        "model 'm' instance m_0_0 failed to run warmup sample 'batch of 1'",
        SEEN,
    ),
)
"""A failed warm-up whose reason matches no other row, or is missing from the log."""
