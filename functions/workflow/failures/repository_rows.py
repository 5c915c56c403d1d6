"""Errors of `serve` and Triton about a model repository and its config.pbtxt."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.hardware_rows import SEEN

_SERVE = (
    "https://github.com/triton-inference-server/server/blob/main/docker/sagemaker/serve, whose "
    "rules the local SageMaker follows"
)
_LAYOUT = (
    "Lay the repository out as <model name>/config.pbtxt and <model name>/1/<model file>, as "
    "`modeldrop package` does."
)

REPOSITORY_ROWS = (
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"ERROR: (?:Incorrect directory structure|No model found in model repository)"),
        "The archive has no model folder at its root.",
        _LAYOUT,
        "ERROR: Incorrect directory structure.",
        _SERVE,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"ERROR: More than 1 model directory found"),
        "The archive contains several models, and no setting selects the one to serve.",
        "In deploy.yaml, set SAGEMAKER_TRITON_DEFAULT_MODEL_NAME under container.environment to "
        "its name.",
        "ERROR: More than 1 model directory found in model repository.",
        _SERVE,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"ERROR: Directory with (?:provided|specified).* (?P<name>\S+) does not exist"),
        "The archive does not have the folder {name}, which SageMaker is configured to serve.",
        _LAYOUT,
        "ERROR: Directory with provided SAGEMAKER_TRITON_DEFAULT_MODEL_NAME resnet does not exist",
        _SERVE,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"Error parsing text-format inference\.ModelConfig: (?P<line>\d+):(?P<column>\d+): "
            r"(?P<what>.+)"
        ),
        "config.pbtxt has an error on line {line}, column {column}: {what}",
        "Correct config.pbtxt there.",
        "[libprotobuf ERROR text_format.cc:337] Error parsing text-format inference.ModelConfig: "
        '8:15: Message type "inference.ModelConfig" has no field named "max_batch_sise".',
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"failed to read text proto from (?P<file>\S+)"),
        "Triton cannot parse {file}.",
        "Correct config.pbtxt; check it with `modeldrop inspect`.",
        "Poll failed for model directory '/opt/ml/model::m': failed to read text proto from "
        "/opt/ml/model/m/config.pbtxt",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"unable to find backend library for backend '(?P<backend>[^']+)'"),
        "Triton's image has no backend '{backend}'.",
        "Set `backend` in config.pbtxt to one that the image has: pytorch, onnxruntime, tensorrt "
        "or python.",
        "failed to load 'm' version 1: Invalid argument: unable to find backend library for "
        "backend 'my_own', try specifying runtime on the model configuration.",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"Could not determine backend for model '(?P<model>[^']+)'"),
        "config.pbtxt does not name a backend for the model {model}.",
        'Set `backend: "pytorch"` or another backend in config.pbtxt.',
        "Poll failed for model directory '/opt/ml/model::m': Invalid model name: Could not "
        "determine backend for model 'm' with no backend in model configuration. Expected model "
        "name of the form 'model.<backend_name>'.",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"unexpected directory name '(?P<folder>[^']+)' for model '(?P<model>[^']+)', "
            r"directory name must equal model name"
        ),
        "config.pbtxt names the model {model}, but its folder is named {folder}.",
        "Give both the same name, or remove `name` from config.pbtxt.",
        "Poll failed for model directory '/opt/ml/model::m': unexpected directory name 'm' for "
        "model 'other', directory name must equal model name",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"at least one version must be available under the version policy"),
        "The model has no version to serve, that is, no numbered version folder.",
        "Put the model file into the folder 1, and let version_policy in deploy.yaml select an "
        "existing version.",
        "failed to load model '/opt/ml/model::m': at least one version must be available under the "
        "version policy of model '/opt/ml/model::m'",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(r"unable to find '(?P<file>[^']+)' for model instance"),
        "The model file {file} is not in the archive.",
        "Add it, or set default_model_filename in config.pbtxt to its name.",
        "failed to load 'm' version 1: Internal: unable to find '/opt/ml/model/m/1/model.pt' for "
        "model instance 'm'",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"model (?P<which>input|output) '?(?P<name>[^' ]+)'? dimension must be integer >= 1"
        ),
        "The dims of the {which} {name} contain an invalid size.",
        "In deploy.yaml, correct the dims of {which}s: each size is at least 1, or -1 if it "
        "varies.",
        "failed to load 'm' version 1: Invalid argument: model input 'INPUT__0' dimension must be "
        "integer >= 1, or -1 to indicate a variable-size dimension for m",
        SEEN,
    ),
)
