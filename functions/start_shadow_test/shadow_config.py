"""The endpoint config with the live version and a shadow variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.request import shadow_capture_uri
from model_packager.sagemaker.requests import (
    CONTENT_TAG,
    PREVIOUS_TAG,
    SEQUENCER_TAG,
    origin_tags,
    shadow_config_request,
)
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.errors import EndpointFailed
from workflow.failures.diagnosis import diagnose
from workflow.versions.ownership import config_tags, last_verified
from workflow.versions.version_removal import remove_config

if TYPE_CHECKING:
    from model_packager.sagemaker.requests import Tag
    from start_shadow_test.live_endpoint import LiveEndpoint
    from workflow.contracts.deploy_model import StartShadowTestInput


def create_shadow_config(
    name: str, live: LiveEndpoint, event: StartShadowTestInput, bucket: str
) -> None:
    """Create the config, unless an earlier attempt of this execution did.

    Args:
        name: the name of the config.
        live: the endpoint, which does not run the config yet.
        event: the step's input.
        bucket: the artifact bucket, which gets the captured requests.

    Raises:
        EndpointFailed: SageMaker did not start the variant of the earlier attempt.
    """
    deployment = event.deployment
    tags = config_tags(name)
    if tags is not None and tags.execution_arn == deployment.execution_arn:
        _require_not_started(name, live)
        return
    if tags is not None:  # left from an execution that was stopped; the endpoint does not run it
        remove_config(name)
    described = sagemaker().describe_endpoint_config(EndpointConfigName=live.config)
    request = shadow_config_request(
        name,
        live=described,
        model=deployment.config,
        hosting=event.hosting,
        sample_percent=event.rollout.sample_percent,
        capture_uri=shadow_capture_uri(bucket, deployment.version),
        tags=_tags(live, event),
    )
    try:
        sagemaker().create_endpoint_config(**request)
    except ClientError as error:
        if not already_exists(error):
            raise


def _tags(live: LiveEndpoint, event: StartShadowTestInput) -> list[Tag]:
    """Return the live version's tags: the config counts as that version; see `names`."""
    of_live = config_tags(live.config)
    tags = origin_tags(event.deployment.model, live.version, event.deployment.execution_arn)
    values = {
        PREVIOUS_TAG: last_verified(live.config) or live.config,
        CONTENT_TAG: of_live.content if of_live else None,
        SEQUENCER_TAG: of_live.sequencer if of_live else None,
    }
    own: list[Tag] = [{"Key": key, "Value": each} for key, each in values.items() if each]
    return [*tags, *own]


def _require_not_started(name: str, live: LiveEndpoint) -> None:
    """Check that the endpoint has not changed since the config was created.

    If it has, SageMaker returned to the live config, perhaps with an empty FailureReason
    (terraform-provider-aws#49020).
    """
    created = sagemaker().describe_endpoint_config(EndpointConfigName=name)["CreationTime"]
    if live.changed < created:
        return
    diagnosis = diagnose(live.failure_reason, [])
    raise EndpointFailed(
        f"SageMaker could not start the shadow variant, and {live.version} stays live: "
        f"{diagnosis.cause}",
        f"{diagnosis.fix} Or set another rollout.strategy in deploy.yaml. Then upload the model "
        "again.",
        evidence=diagnosis.evidence,
        remedy=diagnosis.kind.remedy,
    )
