"""Run Model: runs an ONNX model once on a CPU, before any SageMaker resource exists.

The function has no permissions. It downloads the files with presigned URLs, and runs the model in a
process without network, environment or writable files (model_client/cpu_test/sandbox.py).
"""

import tempfile
from pathlib import Path

from model_client.cpu_test.result import CpuTestResult, Job
from model_client.cpu_test.sandbox import Limits, run_sandboxed
from model_packager.formats.onnx.format import ONNX
from model_packager.model_warnings import ModelWarning, WarningCode, cpu_test_skipped
from model_packager.sagemaker.payload_fit import largest_test_request
from run_model.download import NotDownloaded, download
from workflow.contracts.deploy_model import RunModelInput, RunModelOutput
from workflow.errors import ModelRejected
from workflow.settings import RunModelSettings
from workflow.step import step

SECONDS = 90
"""The time until the process is killed. The function has 180 s, and the download takes up to 60."""

RUNNER = "run_model.cpu_test"

OWN_MEMORY_MB = 384
"""The memory for this process; the model's process gets the rest of the function's memory."""


@step(RunModelInput)
def handler(event: RunModelInput) -> RunModelOutput:
    """Run the model. A failure ends the deployment only if the smoke test would fail, too."""
    result = _run(event)
    if result.refusal is not None:
        raise ModelRejected(
            f"Before an endpoint was created: {result.refusal.cause}", result.refusal.fix
        )
    servable = event.servable
    return RunModelOutput(
        servable=servable.model_copy(
            update={
                "warnings": (*servable.warnings, *_warnings(result)),
                "checks": (*servable.checks, *([result.check] if result.check else [])),
            }
        )
    )


def _run(event: RunModelInput) -> CpuTestResult:
    spec = event.servable.spec
    job = Job(
        model=ONNX.object_name,
        signature=event.servable.signature,
        smoke_test=spec.smoke_test,
        request_limit=largest_test_request(spec.hosting),
        input=event.cpu_test.input,
        expected=event.cpu_test.expected,
    )
    memory_mb = RunModelSettings.read().aws_lambda_function_memory_size - OWN_MEMORY_MB
    with tempfile.TemporaryDirectory() as folder:
        try:
            download(event.cpu_test.files, Path(folder))
        except NotDownloaded as error:
            return CpuTestResult(skipped=str(error))
        return run_sandboxed(Path(folder), job, Limits(memory_mb * 2**20, SECONDS), RUNNER)


def _warnings(result: CpuTestResult) -> list[ModelWarning]:
    found = []
    if result.skipped is not None:
        found.append(cpu_test_skipped(result.skipped))
    if result.warning is not None:
        found.append(
            ModelWarning(
                code=WarningCode.CPU_TEST, cause=result.warning.cause, fix=result.warning.fix
            )
        )
    return found
