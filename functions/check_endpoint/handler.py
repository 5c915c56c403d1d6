"""Check Endpoint: InService counts only on the config asked for."""

from check_endpoint.health_check import is_ready, timed_out
from model_packager.names import resource_name
from workflow.contracts.deploy_model import CheckEndpointInput, CheckEndpointOutput
from workflow.errors import EndpointFailed
from workflow.step import step
from workflow.versions.endpoint import describe


@step(CheckEndpointInput)
def handler(given: CheckEndpointInput) -> CheckEndpointOutput:
    """Look once; the state machine waits and asks again."""
    name = given.target
    endpoint = describe(name)
    if endpoint is None:
        raise EndpointFailed(
            f"The endpoint {name} was deleted while it was being started.",
            "Find out who deleted it (AWS CloudTrail: DeleteEndpoint), then drop the model again.",
        )
    config = resource_name(given.deployment.endpoint, given.deployment.version)
    ready = is_ready(endpoint, config, restoring=given.restoring)
    if not ready and given.waited_seconds >= given.timeout_seconds:
        raise timed_out(endpoint, given.deployment.version, given.timeout_seconds)
    return CheckEndpointOutput(ready=ready, endpoint_status=endpoint["EndpointStatus"])
