"""Smoke Test: real requests through the runtime API, and a hard look at the answers."""

from model_client.tensors import input_of
from model_packager.names import artifact_prefix, resource_name
from smoke_test.candidate_result import require_on_trial
from smoke_test.sample import read_sample
from smoke_test.smoke_test_run import run_gate
from workflow.contracts.deploy_model import SmokeTestInput, SmokeTestOutput
from workflow.errors import SmokeTestFailed
from workflow.settings import SmokeTestSettings
from workflow.step import step


@step(SmokeTestInput)
def handler(given: SmokeTestInput) -> SmokeTestOutput:
    """Ask the endpoint what its sample asks, and judge the answers, if they are this version's."""
    deployment = given.deployment
    config = resource_name(deployment.endpoint, deployment.version)
    prefix = artifact_prefix(deployment.model, deployment.version)
    sample = read_sample(SmokeTestSettings.read().artifact_bucket, prefix)
    asked = input_of(sample.input, given.signature, given.smoke_test)
    require_on_trial(given.target, config, deployment)
    try:
        output = run_gate(given, asked, sample.expected)
    except SmokeTestFailed:
        require_on_trial(given.target, config, deployment)
        raise
    require_on_trial(given.target, config, deployment)
    return output
