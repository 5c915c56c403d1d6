"""Errors of a model.py and, last in the table, of any model that Triton cannot load."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.hardware_rows import SEEN

PYTHON_ROWS = (
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '(?P<module>[^']+)'"),
        "model.py imports {module}, which Triton's image does not have.",
        "Remove the import, put the package next to model.py, or add an EXECUTION_ENV_PATH archive "
        "(conda-pack) to the repository.",
        "failed to load 'm' version 1: Internal: ModuleNotFoundError: No module named "
        "'transformers'",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"SyntaxError: (?P<what>.+?) \(model\.py, line (?P<line>\d+)\)"),
        "model.py has a syntax error on line {line}: {what}.",
        "Correct it. Triton's Python may be older than yours.",
        "failed to load 'm' version 1: Internal: SyntaxError: invalid syntax (model.py, line 6)",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"has no attribute 'TritonPythonModel'"),
        "model.py has no class TritonPythonModel.",
        "Name the class TritonPythonModel, with the methods initialize and execute.",
        "failed to load 'm' version 1: Internal: AttributeError: module '1.model' has no attribute "
        "'TritonPythonModel'",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(r"FileNotFoundError: .*No such file or directory: '(?P<file>[^']+)'"),
        "model.py reads {file}, which is not in the archive.",
        "Put the file next to model.py, and locate it with args['model_repository'].",
        "failed to load 'm' version 1: Internal: FileNotFoundError: [Errno 2] No such file or "
        "directory: '/opt/ml/model/m/1/vocabulary.txt'",
        SEEN,
    ),
    FailureRow(
        FailureKind.CONFIG,
        re.compile(
            r"NoCredentialsError|Unable to locate credentials|Could not connect to the endpoint URL"
            r"|Temporary failure in name resolution|Name or service not known"
            r"|Network is unreachable|ProxyConnectionError|ProxyError|Cannot connect to proxy"
        ),
        "The model calls another service, but its container has no network access or no AWS "
        "credentials: containers are isolated by default.",
        "Remove the call. Or set container.network_isolation: false in deploy.yaml, which requires "
        "AllowNetworkAccess=true of the stack; in a VPC, the service also needs an endpoint.",
        "failed to load 'm' version 1: Internal: NoCredentialsError: Unable to locate credentials",
        "https://github.com/aws/sagemaker-mxnet-training-toolkit/issues/135 (the other texts are "
        "those of botocore, glibc and urllib3)",
    ),
    FailureRow(
        FailureKind.CRASHED,
        re.compile(r"Stub process '[^']*' is not healthy"),
        "The model's process ended without an error message: it crashed, called exit, or was "
        "killed because memory ran out.",
        "Run a model.py with `modeldrop local run`. If that works, set an endpoint.instance_type "
        "with more memory in deploy.yaml. In the embedded cloud, TorchScript and ONNX models have "
        "such a process too, with other versions of libtorch and ONNX Runtime than on AWS.",
        "failed to load 'm' version 1: Internal: Stub process 'm_0' is not healthy.",
        SEEN,
    ),
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"(?:failed to load '[^']*' version \d+: Internal|Failed to create instance"
            r"|Failed to process the request\(s\) for model '[^']*', message): "
            r"(?!TritonModelException)(?P<error>[A-Z]\w*(?:Error|Exception): .+)"
        ),
        "model.py raised {error}",
        "Correct model.py. `modeldrop local run` runs it in Triton on your machine.",
        "failed to load 'm' version 1: Internal: RuntimeError: the vocabulary is missing",
        SEEN,
    ),
)

REFUSED_ROWS = (
    FailureRow(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"(?:failed to load '[^']*' version \d+|Failed to create instance|UNAVAILABLE): "
            r"(?:Internal: )?(?:TritonModelException: )?(?P<why>.+)"
        ),
        "Triton could not load the model: {why}",
        "Correct the model, or inputs and outputs in deploy.yaml.",
        "failed to load 'm' version 1: Internal: failed to load model 'm': isTuple() INTERNAL "
        "ASSERT FAILED",
        SEEN,
    ),
)
"""Triton's own error line, if no earlier row matches."""

CRASH_ROWS = (
    FailureRow(
        FailureKind.CRASHED,
        re.compile(
            r"Signal \(\d+\) received|terminate called after throwing|Segmentation fault"
            r"|\(core dumped\)"
        ),
        "Triton crashed while it loaded the model or ran its warm-up request, and wrote no reason.",
        "Run the model with `modeldrop local run`. If it works there, deploy the stack with "
        "another TritonRelease, or set another endpoint.instance_type in deploy.yaml. If it "
        "crashes there, too, export the model with the library versions of the stack's "
        "TritonRelease.",
        "Signal (11) received.",
        "https://github.com/triton-inference-server/server/issues/6800",
    ),
)
"""A crash without any other error. Later lines of the log may have its reason."""
