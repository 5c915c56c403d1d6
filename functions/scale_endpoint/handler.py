"""Scale Endpoint: the number of instances follows the requests, where the spec says so."""

from workflow.contracts import ScaleEndpointInput, ScaleEndpointOutput
from workflow.scaling import deregister, register
from workflow.step import step


@step(ScaleEndpointInput)
def handler(given: ScaleEndpointInput) -> ScaleEndpointOutput:
    """Register the endpoint, or take back what an earlier version registered."""
    endpoint = given.deployment.endpoint
    if given.autoscaling is None:
        deregister(endpoint)
    else:
        register(endpoint, given.autoscaling)
    return ScaleEndpointOutput(scaled=given.autoscaling is not None)
