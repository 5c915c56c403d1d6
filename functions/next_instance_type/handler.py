"""Next Instance Type: AWS has no capacity of the one asked for, so the next is tried."""

from model_packager.names import resource_name
from model_packager.sagemaker.hosting import on_instance_type
from next_instance_type.fallback_types import next_rung
from workflow.contracts.deploy_model import NextInstanceTypeInput, NextInstanceTypeOutput
from workflow.errors import EndpointBusy
from workflow.settings import NextInstanceTypeSettings
from workflow.step import step
from workflow.versions.endpoint_release import is_released
from workflow.versions.version_removal import remove_hosting


@step(NextInstanceTypeInput)
def handler(given: NextInstanceTypeInput) -> NextInstanceTypeOutput:
    """Take down what was made for the type that is short, and say what to make instead."""
    servable = given.servable
    instance_type = next_rung(servable.spec.endpoint, servable.hosting.instance_type)
    settings = NextInstanceTypeSettings.read()
    hosting = on_instance_type(
        servable.hosting,
        servable.spec,
        instance_type,
        region=settings.aws_region,
        release=settings.triton_release,
    )
    name = resource_name(given.deployment.endpoint, given.deployment.version)
    if not is_released(given.target, name):
        raise EndpointBusy(
            f"The endpoint {given.target} is still on its way down.",
            "Nothing to do: it is tried again when it is gone.",
        )
    remove_hosting(name)
    return NextInstanceTypeOutput(servable=servable.model_copy(update={"hosting": hosting}))
