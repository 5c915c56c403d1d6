"""What `serve` and Triton say of a model repository and its config.pbtxt."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, Row
from workflow.failures.hardware_rows import SEEN

_SERVE = (
    "https://github.com/triton-inference-server/server/blob/main/docker/sagemaker/serve, whose "
    "rules the local SageMaker follows"
)
_LAYOUT = (
    "Pack the repository as <model name>/config.pbtxt and <model name>/1/<model file>; "
    "`modeldrop package` does."
)

REPOSITORY_ROWS = (
    Row(
        FailureKind.CONFIG,
        re.compile(r"ERROR: (?:Incorrect directory structure|No model found in model repository)"),
        "The archive has no folder with a model at its root.",
        _LAYOUT,
        "ERROR: Incorrect directory structure.",
        _SERVE,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"ERROR: More than 1 model directory found"),
        "The archive holds several models, and nothing says which one is served.",
        "Write its name as SAGEMAKER_TRITON_DEFAULT_MODEL_NAME under container.environment in "
        "deploy.yaml.",
        "ERROR: More than 1 model directory found in model repository.",
        _SERVE,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"ERROR: Directory with (?:provided|specified).* (?P<name>\S+) does not exist"),
        "The archive has no folder {name}, which is to be served.",
        _LAYOUT,
        "ERROR: Directory with provided SAGEMAKER_TRITON_DEFAULT_MODEL_NAME resnet does not exist",
        _SERVE,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(
            r"Error parsing text-format inference\.ModelConfig: (?P<line>\d+):(?P<column>\d+): "
            r"(?P<what>.+)"
        ),
        "config.pbtxt cannot be read at line {line}, column {column}: {what}",
        "Mend config.pbtxt there.",
        "[libprotobuf ERROR text_format.cc:337] Error parsing text-format inference.ModelConfig: "
        '8:15: Message type "inference.ModelConfig" has no field named "max_batch_sise".',
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"failed to read text proto from (?P<file>\S+)"),
        "{file} cannot be read.",
        "Mend config.pbtxt: `modeldrop inspect` says what it is taken for.",
        "Poll failed for model directory '/opt/ml/model::m': failed to read text proto from "
        "/opt/ml/model/m/config.pbtxt",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"unable to find backend library for backend '(?P<backend>[^']+)'"),
        "Triton's image has no backend '{backend}'.",
        "Write a backend that the image has as `backend` in config.pbtxt: pytorch, onnxruntime, "
        "tensorrt or python.",
        "failed to load 'm' version 1: Invalid argument: unable to find backend library for "
        "backend 'my_own', try specifying runtime on the model configuration.",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"Could not determine backend for model '(?P<model>[^']+)'"),
        "config.pbtxt does not say what runs the model {model}.",
        'Write `backend: "pytorch"` or another into config.pbtxt.',
        "Poll failed for model directory '/opt/ml/model::m': Invalid model name: Could not "
        "determine backend for model 'm' with no backend in model configuration. Expected model "
        "name of the form 'model.<backend_name>'.",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(
            r"unexpected directory name '(?P<folder>[^']+)' for model '(?P<model>[^']+)', "
            r"directory name must equal model name"
        ),
        "config.pbtxt names the model {model}, and its folder is {folder}.",
        "Give both one name, or leave `name` out of config.pbtxt.",
        "Poll failed for model directory '/opt/ml/model::m': unexpected directory name 'm' for "
        "model 'other', directory name must equal model name",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"at least one version must be available under the version policy"),
        "The model has no version to serve: a folder with a number for a name.",
        "Put the model file into the folder 1, and let version_policy in deploy.yaml name a "
        "version that is there.",
        "failed to load model '/opt/ml/model::m': at least one version must be available under the "
        "version policy of model '/opt/ml/model::m'",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(r"unable to find '(?P<file>[^']+)' for model instance"),
        "The model file {file} is not in the archive.",
        "Put it there, or write its name as default_model_filename into config.pbtxt.",
        "failed to load 'm' version 1: Internal: unable to find '/opt/ml/model/m/1/model.pt' for "
        "model instance 'm'",
        SEEN,
    ),
    Row(
        FailureKind.CONFIG,
        re.compile(
            r"model (?P<which>input|output) '?(?P<name>[^' ]+)'? dimension must be integer >= 1"
        ),
        "The dims of {which} {name} hold a size that is not possible.",
        "Write sizes of 1 and more, or -1 for one that varies, as dims of {which}s in deploy.yaml.",
        "failed to load 'm' version 1: Invalid argument: model input 'INPUT__0' dimension must be "
        "integer >= 1, or -1 to indicate a variable-size dimension for m",
        SEEN,
    ),
)
