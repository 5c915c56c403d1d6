"""Smoke Test: sends real requests through the runtime API, and checks the responses."""

from model_client.preparation import prepare
from model_packager.names.artifact import artifact_prefix
from model_packager.sagemaker.payload_fit import largest_test_request
from smoke_test.client_errors import client_errors
from smoke_test.sample import read_sample
from smoke_test.smoke_test_run import run_smoke_test
from smoke_test.version_under_test import require_under_test
from workflow.contracts.deploy_model import SmokeTestInput, SmokeTestOutput
from workflow.errors import SmokeTestFailed
from workflow.settings import SmokeTestSettings
from workflow.step import step


@step(SmokeTestInput)
def handler(event: SmokeTestInput) -> SmokeTestOutput:
    """Test the version with its sample. A result counts only if the endpoint serves the version."""
    deployment = event.deployment
    config = deployment.config
    prefix = artifact_prefix(deployment.model, deployment.version)
    sample = read_sample(SmokeTestSettings.read().artifact_bucket, prefix)
    with client_errors():
        prepared = prepare(
            sample.input,
            sample.expected,
            event.signature,
            event.smoke_test,
            largest_test_request(event.hosting_mode),
        )
    require_under_test(event.target, config, deployment)
    try:
        output = run_smoke_test(event, prepared)
    except SmokeTestFailed:
        require_under_test(event.target, config, deployment)
        raise
    require_under_test(event.target, config, deployment)
    return output
