"""What Triton says of a model.py; and, last of the table, of a model that it refuses."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, Row
from workflow.failures.hardware_rows import SEEN

PYTHON_ROWS = (
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '(?P<module>[^']+)'"),
        "model.py imports {module}, which Triton's image has not.",
        "Do without it, or bring it: put the package beside model.py, or an EXECUTION_ENV_PATH "
        "archive (conda-pack) into the repository.",
        "failed to load 'm' version 1: Internal: ModuleNotFoundError: No module named "
        "'transformers'",
        SEEN,
    ),
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(r"SyntaxError: (?P<what>.+?) \(model\.py, line (?P<line>\d+)\)"),
        "model.py has a syntax error in line {line}: {what}.",
        "Correct it; mind that Triton's Python may be older than yours.",
        "failed to load 'm' version 1: Internal: SyntaxError: invalid syntax (model.py, line 6)",
        SEEN,
    ),
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(r"has no attribute 'TritonPythonModel'"),
        "model.py has no class TritonPythonModel.",
        "Name its class so, with the methods initialize and execute.",
        "failed to load 'm' version 1: Internal: AttributeError: module '1.model' has no attribute "
        "'TritonPythonModel'",
        SEEN,
    ),
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(r"FileNotFoundError: .*No such file or directory: '(?P<file>[^']+)'"),
        "model.py reads {file}, which is not in the archive.",
        "Pack the file beside model.py, and find it by args['model_repository'].",
        "failed to load 'm' version 1: Internal: FileNotFoundError: [Errno 2] No such file or "
        "directory: '/opt/ml/model/m/1/vocabulary.txt'",
        SEEN,
    ),
    Row(
        FailureKind.CRASHED,
        re.compile(r"Stub process '[^']*' is not healthy"),
        "The model's Python process died without a word: it crashed, called exit, or was killed "
        "for want of memory.",
        "Run model.py with `modeldrop local run`; where that works, write an "
        "endpoint.instance_type with more memory in deploy.yaml.",
        "failed to load 'm' version 1: Internal: Stub process 'm_0' is not healthy.",
        SEEN,
    ),
    Row(
        FailureKind.CRASHED,
        re.compile(r"Signal \((?P<signal>\d+)\) received|terminate called after throwing"),
        "Triton itself crashed while it loaded or ran the model.",
        "Try the model with `modeldrop local run`, then with another TritonRelease of the stack.",
        "Signal (11) received.",
        "https://github.com/triton-inference-server/server/issues/6800",
    ),
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"(?:failed to load '[^']*' version \d+: Internal|Failed to create instance"
            r"|Failed to process the request\(s\) for model '[^']*', message): "
            r"(?!TritonModelException)(?P<error>[A-Z]\w*(?:Error|Exception): .+)"
        ),
        "model.py raised {error}",
        "Correct model.py; `modeldrop local run` runs it as Triton does.",
        "failed to load 'm' version 1: Internal: RuntimeError: the vocabulary is missing",
        SEEN,
    ),
)

REFUSED_ROWS = (
    Row(
        FailureKind.MODEL_REFUSED,
        re.compile(
            r"(?:failed to load '[^']*' version \d+|Failed to create instance|UNAVAILABLE): "
            r"(?:Internal: )?(?:TritonModelException: )?(?P<why>.+)"
        ),
        "Triton refused the model: {why}",
        "Correct the model, or inputs and outputs in deploy.yaml.",
        "failed to load 'm' version 1: Internal: failed to load model 'm': isTuple() INTERNAL "
        "ASSERT FAILED",
        SEEN,
    ),
)
"""Triton's own line, where no row before knows it."""
