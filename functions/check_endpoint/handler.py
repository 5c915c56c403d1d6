"""Check Endpoint: waits until the endpoint is InService with the requested endpoint config."""

from check_endpoint.health_check import is_ready, timed_out
from model_packager.names import resource_name
from workflow.contracts.deploy_model import CheckEndpointInput, CheckEndpointOutput
from workflow.errors import EndpointFailed
from workflow.step import step
from workflow.versions.endpoint import describe


@step(CheckEndpointInput)
def handler(event: CheckEndpointInput) -> CheckEndpointOutput:
    """Check once; the state machine waits and repeats."""
    name = event.target
    endpoint = describe(name)
    if endpoint is None:
        raise EndpointFailed(
            f"Someone deleted the endpoint {name} while it was starting.",
            "Find out who deleted it (AWS CloudTrail: DeleteEndpoint), then upload the model "
            "again.",
        )
    config = resource_name(event.deployment.endpoint, event.deployment.version)
    ready = is_ready(endpoint, config, restoring=event.restoring)
    if not ready and event.waited_seconds >= event.timeout_seconds:
        raise timed_out(endpoint, event.deployment.version, event.timeout_seconds)
    return CheckEndpointOutput(ready=ready, endpoint_status=endpoint["EndpointStatus"])
