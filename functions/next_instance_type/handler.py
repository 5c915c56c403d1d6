"""Next Instance Type: selects the next fallback if AWS has no capacity for the current type."""

from model_packager.names.endpoint import resource_name
from model_packager.sagemaker.hosting_resolution import on_instance_type
from next_instance_type.fallback_types import next_instance_type
from workflow.contracts.deploy_model import NextInstanceTypeInput, NextInstanceTypeOutput
from workflow.errors import EndpointBusy
from workflow.settings import NextInstanceTypeSettings
from workflow.step import step
from workflow.versions.endpoint_release import is_released
from workflow.versions.version_removal import remove_hosting


@step(NextInstanceTypeInput)
def handler(event: NextInstanceTypeInput) -> NextInstanceTypeOutput:
    """Delete the SageMaker model and config of the current type, and return the next hosting."""
    servable = event.servable
    instance_type = next_instance_type(servable.spec.endpoint, servable.hosting.instance_type)
    settings = NextInstanceTypeSettings.read()
    hosting = on_instance_type(
        servable.hosting,
        servable.spec,
        instance_type,
        region=settings.aws_region,
        release=settings.triton_release,
    )
    name = resource_name(event.deployment.endpoint, event.deployment.version)
    if not is_released(event.target, name):
        raise EndpointBusy(
            f"The endpoint {event.target} is still in transition.",
            "This step is retried for an hour. If it still fails, upload the model again when the "
            "endpoint has settled.",
        )
    remove_hosting(name)
    return NextInstanceTypeOutput(servable=servable.model_copy(update={"hosting": hosting}))
