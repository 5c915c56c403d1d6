"""Compare Answers: compares the new version's responses with those that clients got."""

from datetime import datetime

from botocore.exceptions import ClientError

from compare_answers.agreement import compare
from compare_answers.captures import read_captures
from compare_answers.rejection import rejection_of
from compare_answers.traffic import traffic
from model_packager.names.endpoint import version_in
from model_packager.names.request import shadow_capture_prefix
from model_packager.sagemaker.requests import SHADOW_VARIANT, VARIANT
from model_packager.stored import Deployment, ShadowComparison
from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CompareAnswersInput, CompareAnswersOutput
from workflow.errors import EndpointFailed
from workflow.settings import CompareAnswersSettings
from workflow.step import step


@step(CompareAnswersInput)
def handler(event: CompareAnswersInput) -> CompareAnswersOutput:
    """Read what SageMaker captured and counted, and decide whether the version may go live.

    Raises:
        EndpointFailed: the model was retired during the test.
    """
    deployment, rollout, config = event.deployment, event.rollout, event.shadow_config
    endpoint, bucket = deployment.endpoint, CompareAnswersSettings.read().artifact_bucket
    since = _created(config, deployment)
    prefix = f"{shadow_capture_prefix(deployment.version)}{endpoint}/"
    copies = read_captures(bucket, f"{prefix}{SHADOW_VARIANT}/")
    originals = read_captures(bucket, f"{prefix}{VARIANT}/")
    agreement = compare(originals, copies, event.smoke_test)
    comparison = ShadowComparison(
        live_version=version_in(endpoint, config) or config,
        sample_percent=rollout.sample_percent,
        hours=rollout.hours,
        compared=agreement.compared,
        agreeing=agreement.agreeing,
        differences=agreement.differences,
        complete=agreement.complete,
        live=traffic(endpoint, VARIANT, since),
        shadow=traffic(endpoint, SHADOW_VARIANT, since),
    )
    return CompareAnswersOutput(comparison=comparison, rejection=rejection_of(comparison, rollout))


def _created(config: str, deployment: Deployment) -> datetime:
    """Return when the shadow config was created. A retirement deletes it with the live version."""
    try:
        return sagemaker().describe_endpoint_config(EndpointConfigName=config)["CreationTime"]
    except ClientError as error:
        if not does_not_exist(error):
            raise
        raise EndpointFailed(
            f"{deployment.model} was retired during the shadow test of version "
            f"{deployment.version}, so there are no responses to compare.",
            "To deploy the model, upload it again. A first version has no shadow test.",
        ) from error
