"""Check Endpoint: InService counts only on the config asked for."""

from check_endpoint.verdict import is_ready, timed_out
from model_packager.names import resource_name
from workflow.contracts import CheckEndpointInput, CheckEndpointOutput
from workflow.endpoint import describe
from workflow.errors import EndpointFailed
from workflow.step import step


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
    if not ready and given.waited_seconds >= given.patience_seconds:
        raise timed_out(endpoint, given.deployment.version, given.patience_seconds)
    return CheckEndpointOutput(ready=ready, endpoint_status=endpoint["EndpointStatus"])
