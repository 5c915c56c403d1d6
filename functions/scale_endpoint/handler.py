"""Scale Endpoint: configures the endpoint's autoscaling, its alarm and its schedules."""

from scale_endpoint.endpoint_alarm import update_alarm
from scale_endpoint.sleep_schedule import update_schedules
from workflow.aws.scaling import deregister, register, register_async
from workflow.contracts.deploy_model import ScaleEndpointInput, ScaleEndpointOutput
from workflow.settings import ScaleEndpointSettings
from workflow.step import step


@step(ScaleEndpointInput)
def handler(event: ScaleEndpointInput) -> ScaleEndpointOutput:
    """Update alarm and schedules, then register the scaling, or remove an earlier version's."""
    endpoint, settings = event.deployment.endpoint, ScaleEndpointSettings.read()
    update_alarm(event, settings)
    if event.hosting_mode.is_pool:  # the endpoint is not the model's own
        return ScaleEndpointOutput(scaled=False)
    update_schedules(event, settings)
    if event.hosting_mode.is_async:
        register_async(endpoint, event.hosting_mode)
    elif event.autoscaling is None:
        deregister(endpoint)
    else:
        register(endpoint, event.autoscaling)
    scaled = event.hosting_mode.is_async or event.autoscaling is not None
    return ScaleEndpointOutput(scaled=scaled)
