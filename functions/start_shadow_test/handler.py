"""Start Shadow Test: makes SageMaker send copies of client requests to the new version."""

from model_packager.names.endpoint import shadow_config_name
from model_packager.sagemaker.requests import update_endpoint_request
from start_shadow_test.live_endpoint import require_testable
from start_shadow_test.shadow_config import create_shadow_config
from workflow.aws.clients import sagemaker
from workflow.aws.scaling import is_scaled
from workflow.contracts.deploy_model import StartShadowTestInput, StartShadowTestOutput
from workflow.errors import EndpointBusy
from workflow.settings import StartShadowTestSettings
from workflow.step import step


@step(StartShadowTestInput)
def handler(event: StartShadowTestInput) -> StartShadowTestOutput:
    """Add the version to the live endpoint as a shadow variant. Idempotent.

    Clients keep getting the responses of the live version.

    Raises:
        EndpointBusy: the endpoint is in transition, or has another version under test.
        EndpointFailed: no version is live any longer, or SageMaker did not start the variant.
        SupersededDrop: a later version is live.
    """
    deployment = event.deployment
    live = require_testable(deployment)
    shadow = shadow_config_name(deployment.endpoint, live.version)
    if live.config == shadow:
        return StartShadowTestOutput(shadow_config=shadow)
    bucket = StartShadowTestSettings.read().artifact_bucket
    create_shadow_config(shadow, live, event, bucket)
    request = update_endpoint_request(
        deployment.endpoint, config=shadow, keep_count=is_scaled(deployment.endpoint)
    )
    sagemaker().update_endpoint(**request)
    raise EndpointBusy(
        f"The endpoint {deployment.endpoint} starts a shadow variant.",
        "No action needed: this step is retried until the variant runs.",
    )
