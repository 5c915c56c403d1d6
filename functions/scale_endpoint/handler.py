"""Scale Endpoint: what minds an endpoint while it serves: its scaling, and its alarm."""

from scale_endpoint.endpoint_alarm import watch
from workflow.aws.scaling import deregister, register
from workflow.contracts.deploy_model import ScaleEndpointInput, ScaleEndpointOutput
from workflow.settings import ScaleEndpointSettings
from workflow.step import step


@step(ScaleEndpointInput)
def handler(given: ScaleEndpointInput) -> ScaleEndpointOutput:
    """Put the alarm; then register the endpoint, or take back what an earlier version did."""
    endpoint = given.deployment.endpoint
    watch(given, ScaleEndpointSettings.read())
    if given.autoscaling is None:
        deregister(endpoint)
    else:
        register(endpoint, given.autoscaling)
    return ScaleEndpointOutput(scaled=given.autoscaling is not None)
