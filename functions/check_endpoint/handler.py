"""Check Endpoint: waits until the endpoint is InService with the requested endpoint config."""

from check_endpoint.health_check import is_ready, timed_out
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
    has_fallback = event.endpoint.next_instance_type(event.instance_type) is not None
    is_last = event.waited_seconds >= event.timeout_seconds
    ready = is_ready(
        endpoint,
        event.deployment,
        event.signature,
        restoring=event.restoring,
        has_fallback=has_fallback,
        may_wait=not is_last,
    )
    if not ready and is_last:
        version, seconds = event.deployment.version, event.timeout_seconds
        raise timed_out(endpoint, version, seconds, has_fallback=has_fallback)
    return CheckEndpointOutput(ready=ready, endpoint_status=endpoint["EndpointStatus"])
